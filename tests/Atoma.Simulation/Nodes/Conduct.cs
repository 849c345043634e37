using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Verification;

namespace Atoma.Simulation.Nodes;

/// <summary>How a node behaves where it has a choice. This one is honest; a strategy of P12 overrides what it does otherwise.</summary>
internal class Conduct
{
    /// <summary>Shown in traces and reports.</summary>
    public virtual string Name => "honest";

    public virtual bool IsHonest => true;

    /// <summary>The transcript it will commit to.</summary>
    public virtual Transcript Answer(SimNode node, CoordinatorMessage.Work work) => node.Right(work);

    /// <summary>What it streams while it works on that transcript.</summary>
    public virtual IReadOnlyList<int> Streams(SimNode node, Job job) => [.. job.Transcript!.Output];

    public virtual void OnWork(SimNode node, Job job, CoordinatorMessage.Work work) => node.Generate(job, Answer(node, work));

    /// <summary>The answer is complete and its time has come.</summary>
    public virtual void OnDone(SimNode node, Job job) => node.Commit(job);

    public virtual void OnAskReveal(SimNode node, Job job, CoordinatorMessage.AskReveal ask) => node.Reveal(job, job.Transcript!.ToBytes());

    /// <summary>Whether it looks at the request at all.</summary>
    public virtual bool Checks(SimNode node, CoordinatorMessage.Check check) => true;

    public virtual CheckOutcome Judge(SimNode node, Transcript claimed, Hash32 subject) => node.World.Answers.Check(node.Brain, claimed, subject);

    public virtual void OnAskVote(SimNode node, Job job, Hash32 subject) => node.CastVote(job, subject, job.Outcomes[subject]);

    /// <summary>The share of C that an answer costs it (P6).</summary>
    public virtual double CostOfAnswer => 1;
}
