using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Model;

namespace Atoma.Simulation.Nodes;

// The attacks of P12 on checks and votes.

/// <summary>Lazy checker: votes for whatever it is shown, without looking.</summary>
internal sealed class LazyChecker(Gang gang) : Strategy("lazy-checker", gang)
{
    public override CheckOutcome Judge(SimNode node, Transcript claimed, Hash32 subject) => CheckOutcome.Match;
}

/// <summary>Griefing dispute: accuses every answer that it checks.</summary>
internal sealed class Griefer(Gang gang) : Strategy("griefing-dispute", gang)
{
    public override CheckOutcome Judge(SimNode node, Transcript claimed, Hash32 subject) => CheckOutcome.Mismatch(0, "lie");
}

/// <summary>Says that it could not tell, to be neither wrong nor at work.</summary>
internal sealed class Undecided(Gang gang) : Strategy("inconclusive", gang)
{
    public override CheckOutcome Judge(SimNode node, Transcript claimed, Hash32 subject) => CheckOutcome.Inconclusive("could not");
}

/// <summary>Opens its vote otherwise than it committed, having seen how the others vote.</summary>
internal sealed class ChangesItsVote(Gang gang) : Strategy("changed-vote", gang)
{
    public override void OnAskVote(SimNode node, Job job, Hash32 subject) =>
        node.CastVote(job, subject, job.Outcomes[subject].Verdict == Verdict.Match ? CheckOutcome.Mismatch(0, "lie") : CheckOutcome.Match);
}

/// <summary>
/// Colluding committee: answers wrong, vouches for the gang's answers, and, when it frames, accuses everybody else's. Its
/// replicas all give the same wrong answer.
/// </summary>
internal sealed class Colluder(Gang gang, bool frames) : Strategy(frames ? "colluding-framers" : "colluding-committee", gang)
{
    public override double CostOfAnswer => 0;

    public override Transcript Answer(SimNode node, CoordinatorMessage.Work work) => Ours(node.World.Answers.Of(Brain.Smaller, work.Request, work.Prompt, work.Parameters));

    public override CheckOutcome Judge(SimNode node, Transcript claimed, Hash32 subject)
    {
        if (Gang.IsOurs(subject))
            return CheckOutcome.Match;
        return frames ? CheckOutcome.Mismatch(0, "lie") : base.Judge(node, claimed, subject);
    }
}
