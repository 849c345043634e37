using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Core;
using Atoma.Simulation.Model;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Nodes;

/// <summary>What a node keeps in memory of one request; lost when it crashes.</summary>
internal sealed class Job(Hash32 request)
{
    public Hash32 Request => request;

    public CoordinatorMessage.Work? Work { get; set; }

    public Transcript? Transcript { get; set; }

    public int? CancelAt { get; set; }

    public bool Committed { get; set; }

    public bool Dropped { get; set; }

    public Dictionary<Hash32, CheckOutcome> Outcomes { get; } = [];
}

/// <summary>One node: a key, hardware, a conduct, and memory that a crash loses. Speaks through its connection only.</summary>
internal sealed class SimNode(SimWorld world, int number, ISigner key, Brain brain, int hardware, Conduct conduct)
{
    private readonly Dictionary<Hash32, Job> _jobs = [];
    private int _incarnation;

    public SimWorld World => world;

    public int Number => number;

    public NodeId Id { get; } = key.Id;

    public ISigner Key => key;

    public LedgerAccount Collateral { get; } = LedgerAccount.Collateral(key.Id);

    public Brain Brain => brain;

    /// <summary>Which echelon its hardware belongs to.</summary>
    public int Hardware => hardware;

    public Conduct Conduct { get; set; } = conduct;

    public bool IsUp { get; private set; } = true;

    public Micros InputPrice { get; init; }

    public Micros OutputPrice { get; init; }

    public int MsPerToken { get; init; } = 20;

    /// <summary>A fault of its own or of its connection may have kept it from its part.</summary>
    public bool IsTouched { get; set; }

    public override string ToString() => $"n{number}";

    public void Crash(int downMs)
    {
        IsUp = false;
        IsTouched = true;
        _incarnation++;
        _jobs.Clear();
        world.Network.Cut(this);
        After(downMs, Start, always: true);
    }

    public void Start()
    {
        if (IsUp)
            return;
        IsUp = true;
        world.Network.Connect(this);
    }

    /// <summary>Unless it crashes before.</summary>
    public void After(long milliseconds, Action what, bool always = false)
    {
        var incarnation = _incarnation;
        world.Time.After(milliseconds, () =>
        {
            if (always || (IsUp && incarnation == _incarnation))
                what();
        });
    }

    public Transcript Right(CoordinatorMessage.Work work, int? cancelAt = null) =>
        world.Answers.Of(brain, work.Request, work.Prompt, work.Parameters, cancelAt);

    public void Handle(CoordinatorMessage message)
    {
        if (!IsUp)
            return;
        switch (message)
        {
            case CoordinatorMessage.Work m when !_jobs.ContainsKey(m.Request):
                var fresh = _jobs[m.Request] = new Job(m.Request) { Work = m };
                Conduct.OnWork(this, fresh, m);
                break;
            case CoordinatorMessage.AskReveal m when Find(m.Request) is { Committed: true } job:
                Conduct.OnAskReveal(this, job, m);
                break;
            case CoordinatorMessage.Check m:
                Check(m);
                break;
            case CoordinatorMessage.AskVote m when Find(m.Request) is { } job && job.Outcomes.ContainsKey(m.Subject):
                Conduct.OnAskVote(this, job, m.Subject);
                break;
            case CoordinatorMessage.Cancel m when Find(m.Request) is { Committed: false } job:
                (job.CancelAt, job.Dropped) = (m.AtTokens, m.AtTokens == 0);
                break;
            case CoordinatorMessage.Closed m:
                _jobs.Remove(m.Request);
                break;
        }
    }

    private Job? Find(Hash32 request) => _jobs.GetValueOrDefault(request);

    /// <summary>Streams what the conduct wants, a few tokens at a time, then is done.</summary>
    public void Generate(Job job, Transcript transcript)
    {
        job.Transcript = transcript;
        var streamed = Conduct.Streams(this, job);
        var shown = job.Work!.Parameters.TopLogprobs == 0 ? null : transcript.Positions.Select(p => p.Shown).ToArray();
        var at = 0;
        while (at < streamed.Count)
        {
            var from = at;
            var part = Math.Min(1 + world.Random.Below(6), streamed.Count - from);
            at += part;
            After((long)at * MsPerToken, () =>
            {
                // Tokens after the cancellation took effect are not generated.
                if (job.Dropped || job.CancelAt <= from)
                    return;
                int[] tokens = [.. streamed.Skip(from).Take(part)];
                Say(new NodeMessage.Progress(job.Request, from, tokens, shown is null ? [] : shown[from..Math.Min(from + part, shown.Length)]));
            });
        }

        After((long)at * MsPerToken + 1, () =>
        {
            if (!job.Dropped)
                Conduct.OnDone(this, job);
        });
    }

    public void Commit(Job job)
    {
        if (job.CancelAt is { } end && job.Transcript!.OutputCount > end)
            job.Transcript = Cut(job, end);
        job.Committed = true;
        Say(new NodeMessage.Commit(CommitmentTo(job)));
    }

    private Transcript Cut(Job job, int end)
    {
        var work = job.Work!;
        return Conduct.IsHonest ? Right(work, end) : Forge.Cut(job.Transcript!, end);
    }

    public Commitment CommitmentTo(Job job) =>
        Commitment.Sign(key, job.Request, Commitment.ValueOf(job.Request, Id, Nonce(job.Request), job.Transcript!.Digest(), job.Transcript.Prompt.Count, job.Transcript.OutputCount));

    public void Reveal(Job job, byte[] transcript) => Say(new NodeMessage.Reveal(job.Request, Nonce(job.Request), transcript));

    private void Check(CoordinatorMessage.Check m)
    {
        if (!_jobs.TryGetValue(m.Request, out var job))
            job = _jobs[m.Request] = new Job(m.Request);
        var claimed = Transcript.FromBytes(m.Transcript);
        var subject = claimed.Digest();
        if (job.Outcomes.ContainsKey(subject) || !Conduct.Checks(this, m))
            return;
        var outcome = Conduct.Judge(this, claimed, subject);
        After(5 + world.Random.Below(200), () =>
        {
            job.Outcomes[subject] = outcome;
            var value = VoteCommitment.ValueOf(job.Request, subject, Id, outcome.Verdict, outcome.Position, Nonce(subject));
            Say(new NodeMessage.CommitVote(VoteCommitment.Sign(key, job.Request, subject, value)));
        });
    }

    public void CastVote(Job job, Hash32 subject, CheckOutcome outcome) =>
        Say(new NodeMessage.CastVote(Vote.Sign(key, job.Request, subject, outcome, Nonce(subject))));

    public void Say(NodeMessage message) => world.Network.ToCoordinator(this, message);

    public Hash32 Nonce(Hash32 of) => Prf.Derive("sim/nonce", of.ToArray(), Id.ToArray());
}
