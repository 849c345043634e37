using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Model;

namespace Atoma.Simulation.Nodes;

// The attacks of P12 on the answer itself. What a gang's node generates is the gang's: its checkers know it again.

/// <summary>An adversary's node; alone it does one thing wrong.</summary>
internal abstract class Strategy(string name, Gang gang) : Conduct
{
    public override string Name => name;

    public override bool IsHonest => false;

    protected Gang Gang => gang;

    protected Transcript Ours(Transcript made)
    {
        gang.Made(made.Digest());
        return made;
    }
}

/// <summary>Gives another transcript than the model's: smaller model, lower quant, truncation and the like.</summary>
internal sealed class WrongAnswer(string name, Gang gang, Func<SimNode, CoordinatorMessage.Work, Transcript> make, double cost = 0.2) : Strategy(name, gang)
{
    public override Transcript Answer(SimNode node, CoordinatorMessage.Work work) => Ours(make(node, work));

    public override double CostOfAnswer => cost;

    private static Transcript By(Brain brain, SimNode node, CoordinatorMessage.Work w) => node.World.Answers.Of(brain, w.Request, w.Prompt, w.Parameters);

    public static WrongAnswer SmallerModel(Gang gang) => new("smaller-model", gang, (n, w) => By(Brain.Smaller, n, w));

    public static WrongAnswer LowerQuant(Gang gang) => new("lower-quant", gang, (n, w) => By(Brain.LowerQuant, n, w), cost: 0.5);

    public static WrongAnswer TemplateDrift(Gang gang) => new("template-drift", gang, (n, w) => By(Brain.OtherTemplate, n, w), cost: 1);

    public static WrongAnswer Truncated(Gang gang) => new("truncated-output", gang, (n, w) =>
    {
        var whole = n.Right(w);
        return Forge.Of(w, whole.Positions.Take(Math.Max(1, whole.OutputCount / 2)), FinishReason.Length);
    });

    public static WrongAnswer FalseCancel(Gang gang) => new("false-cancel", gang, (n, w) => Forge.Cut(n.Right(w), Math.Max(1, n.Right(w).OutputCount / 2)));

    public static WrongAnswer SkippedEnd(Gang gang) => new("skipped-eos", gang, (n, w) => Forge.SkipEnd(n.Brain, w), cost: 1);

    public static WrongAnswer Padded(Gang gang) => new("padded-counts", gang, (n, w) => Forge.Pad(n.Right(w), w));

    /// <summary>An answer to the same prompt under the last request's seed, called this one's.</summary>
    public static WrongAnswer Cached(Gang gang) => new("cached-answer", gang, (n, w) => Forge.Relabel(n.Brain.Answer(w.Prompt, w.Parameters with { Seed = 4 }), w), cost: 0);

    /// <summary>The same, honest about its seed: the reveal is then of other parameters than asked.</summary>
    public static WrongAnswer Stale(Gang gang) => new("stale-answer", gang, (n, w) => n.Brain.Answer(w.Prompt, w.Parameters with { Seed = 4 }), cost: 0);

    public static WrongAnswer PromptSwap(Gang gang) => new("prompt-swap", gang, (n, w) => Forge.Relabel(n.Brain.Answer([.. w.Prompt.Take(1)], w.Parameters), w));

    public static WrongAnswer SamplerSwap(Gang gang) => new("sampler-swap", gang, (n, w) =>
        Forge.Relabel(n.Brain.Answer(w.Prompt, w.Parameters with { Temperature = w.Parameters.Temperature == 0 ? 1 : 0 }), w), cost: 1);

    public static WrongAnswer Prefill(Gang gang) => new("prefill-attack", gang, (n, w) => Forge.Prefill(Brain.Smaller, n.Brain, w), cost: 0.4);
}

/// <summary>Streams other tokens than it commits to.</summary>
internal sealed class StreamsOtherwise(Gang gang) : Strategy("streams-otherwise", gang)
{
    public override IReadOnlyList<int> Streams(SimNode node, Job job) => [.. job.Transcript!.Output.Select((t, i) => i == 0 ? t ^ 2 : t)];
}

/// <summary>Says nothing at one of the moments at which something is due.</summary>
internal sealed class Silent(string name, Gang gang, bool atWork = false, bool atReveal = false, bool atCheck = false, bool atVote = false) : Strategy(name, gang)
{
    public override void OnWork(SimNode node, Job job, CoordinatorMessage.Work work)
    {
        if (!atWork)
            base.OnWork(node, job, work);
    }

    public override void OnAskReveal(SimNode node, Job job, CoordinatorMessage.AskReveal ask)
    {
        if (!atReveal)
            base.OnAskReveal(node, job, ask);
    }

    public override bool Checks(SimNode node, CoordinatorMessage.Check check) => !atCheck;

    public override void OnAskVote(SimNode node, Job job, Hash32 subject)
    {
        if (!atVote)
            base.OnAskVote(node, job, subject);
    }
}

/// <summary>
/// Copied commitment: commits to nothing of its own and, once the others' commitments are shown, commits again to one of theirs
/// or sends their bytes as its reveal.
/// </summary>
internal sealed class CopiesCommitment(Gang gang, bool commitsAgain) : Strategy("copied-commitment", gang)
{
    public override Transcript Answer(SimNode node, CoordinatorMessage.Work work) => node.World.Answers.Of(Brain.Smaller, work.Request, work.Prompt, work.Parameters);

    public override void OnAskReveal(SimNode node, Job job, CoordinatorMessage.AskReveal ask)
    {
        // It reads the others' traffic, and so has the right transcript too late.
        if (commitsAgain && ask.Commitments.FirstOrDefault(c => c.Node != node.Id) is { } other)
            node.Say(new NodeMessage.Commit(Commitment.Sign(node.Key, job.Request, other.Value)));
        node.Reveal(job, node.Right(job.Work!).ToBytes());
    }
}

/// <summary>
/// Abort-and-retry: looks at its own answer and, when it does not like the draw, takes it back: commits a second time, refuses
/// to reveal, or refuses the work so that somebody else of its gang might be drawn.
/// </summary>
internal sealed class AbortsAndRetries(Gang gang, int how) : Strategy("abort-and-retry", gang)
{
    public override void OnWork(SimNode node, Job job, CoordinatorMessage.Work work)
    {
        if (how == 0)
            node.Say(new NodeMessage.Refuse(work.Request, "no room"));
        else
            base.OnWork(node, job, work);
    }

    public override void OnDone(SimNode node, Job job)
    {
        node.Commit(job);
        if (how != 1)
            return;
        job.Transcript = node.World.Answers.Of(Brain.Smaller, job.Request, job.Work!.Prompt, job.Work.Parameters);
        node.Commit(job);
    }

    public override void OnAskReveal(SimNode node, Job job, CoordinatorMessage.AskReveal ask)
    {
        if (how == 2)
            node.Say(new NodeMessage.Refuse(job.Request, "changed my mind"));
        else
            base.OnAskReveal(node, job, ask);
    }
}
