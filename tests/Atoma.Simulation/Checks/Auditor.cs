using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Nodes;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Checks;

/// <summary>
/// Watches everything that happens in a world and throws a <see cref="Violation"/> at the step that breaks an invariant. It
/// believes no state of the coordinator: what it holds receipts and books against is what nodes really sent, which steps the
/// beacon really revealed and which answer is really the model's. This file follows requests; Books follows the money,
/// Verdicts what receipts say.
/// </summary>
internal sealed partial class Auditor(SimWorld world)
{
    /// <summary>P5.7: how long after its deadline a request may be open while the coordinator runs: the sweeper's second and a few store retries.</summary>
    private static readonly TimeSpan DeadlineSlack = TimeSpan.FromSeconds(30);

    private readonly Dictionary<Hash32, Story> _stories = [];
    private readonly List<Story> _order = [];
    private readonly List<Story> _open = [];
    private readonly HashSet<NodeId> _jailed = [];
    private (int Chain, int Step) _lastStep = (-1, 0);

    public Tally Tally { get; } = new();

    /// <summary>Every request and review, in the order of acceptance.</summary>
    public IEnumerable<Story> Stories => _order;

    private static string Short(Hash32 id) => Coordinator.Short(id);

    private static void Fail(string invariant, string message) => throw new Violation(invariant, message);

    private bool IsHonest(NodeId node) => world.Node(node).Conduct.IsHonest;

    public bool TakesPart(Hash32 request, NodeId node) => _stories.TryGetValue(request, out var story) && story.Draws.Exists(d => d.Chosen.Node == node);

    public void Refused(Order order, Micros hold, LedgerStatus status)
    {
        if (status == LedgerStatus.InsufficientFunds && world.Disk.Ledger.Balance(LedgerAccount.User(order.Account)) >= hold)
            Fail("refusal", "a requester with enough money was refused");
    }

    /// <summary>P5.1: no hold, no work.</summary>
    public void Accepted(RequestSpec spec, Coordinator by)
    {
        if (spec.Hold == Micros.Zero && spec.Review is not null)
            return;
        var recorded = world.Disk.Ledger.Find(spec.Id);
        if (recorded is not { Operation: LedgerOperation.Hold hold, State: HoldState.Open } || hold.Amount != spec.Hold || hold.Payer != LedgerAccount.User(spec.Account))
            Fail("hold", $"{Short(spec.Id)} was accepted in life {by.Life} without its hold");
    }

    public void Orphaned(Hash32 request, Coordinator by)
    {
        if (by.Life > 1 && _stories.TryGetValue(request, out var story))
            story.WasOrphaned = true;
    }

    public void Revealed(BeaconReveal step)
    {
        // P3.2: a step that was known before a draw was asked for could be chosen by.
        if ((step.Chain, step.Step).CompareTo(_lastStep) <= 0)
            Fail("beacon", $"step {step.Step} of chain {step.Chain} is revealed again");
        _lastStep = (step.Chain, step.Step);
    }

    public void Drew(RequestState state, DrawProof draw, List<DrawProof> before, IReadOnlyList<EligibleNode> eligible, Coordinator by)
    {
        var story = _stories[state.Spec.Id];
        var chosen = world.Node(draw.Chosen.Node);
        // P3.3: distinct, and never one who takes part: the asserter is not its own auditor.
        if (state.Participants.Exists(p => p.Node == chosen.Id) || before.Exists(d => d.Chosen.Node == chosen.Id))
            Fail("distinct-draws", $"{Short(state.Spec.Id)} draws {chosen} again, as {draw.Purpose}");
        if (state.Spec.Review?.Authors.Any(a => a.Node == chosen.Id) == true)
            Fail("distinct-draws", $"{chosen} is drawn to judge its own answer");
        if (_jailed.Contains(chosen.Id))
            Fail("jail", $"{chosen} is jailed and drawn");
        if (world.Disk.Ledger.Balance(chosen.Collateral) < Rules.CollateralMin)
            Fail("collateral", $"{chosen} is drawn with less collateral than P2.2 demands");
        if (state.Echelon is { } echelon && SimWorld.Echelon(chosen.Hardware) != echelon)
            Fail("echelon", $"{chosen} is drawn from another echelon");
        // P3.4: checkers only after every generator has committed.
        if (draw.Purpose is DrawPurpose.Checker or DrawPurpose.Resolver && !state.IsTerminal
            && state.Participants.Exists(p => p is { Generates: true, IsActive: true } && !story.Commitments.ContainsKey(p.Node)))
            Fail("audit-after-commitment", $"{Short(state.Spec.Id)} draws a {draw.Purpose} before its generators have committed");
        if (!state.IsTerminal)
            story.Draws.Add(draw);
        if (eligible.Count != draw.EligibleCount)
            Fail("draw", "the eligible set of the proof is not the one drawn from");
    }

    /// <summary>P3.2: a draw that is asked for is made; whoever could leave it out could choose.</summary>
    public void DrewAll(RequestState state, int drawn, int wanted, IReadOnlyList<EligibleNode> eligible, HashSet<NodeId> taken)
    {
        // The protocol gives a draw up after so many attempts: for the last of a large panel that happens.
        var left = eligible.Count(e => !taken.Contains(e.Node));
        if (drawn < wanted && left > 0 && Math.Pow(1 - (double)left / eligible.Count, Draw.AttemptsMax) < 1e-9)
            Fail("draw", $"{Short(state.Spec.Id)} gave up a draw although a node was left");
    }

    public void Heard(SimNode node, NodeMessage message)
    {
        if (message.RequestId is not { } request || !TakesPart(request, node.Id))
            return;
        var story = _stories[request];
        switch (message)
        {
            case NodeMessage.Commit { Commitment: var c } when c.Node == node.Id && c.IsSigned(world.Signatures):
                story.Commitments.TryAdd(node.Id, c);
                break;
            case NodeMessage.CommitVote { Commitment: var c }:
                story.VoteCommitments.Add((node.Id, c.Subject));
                break;
            case NodeMessage.CastVote { Vote: var v }:
                story.Votes.Add((node.Id, v.Subject, v.Verdict));
                break;
        }
    }

    /// <summary>P5.4, P5.5: nothing is shown before all have committed.</summary>
    public void Asked(RequestState state, SimNode node, CoordinatorMessage message)
    {
        var story = _stories[state.Spec.Id];
        if (!story.Draws.Exists(d => d.Chosen.Node == node.Id))
            Fail("draw", $"{node} is asked for work without having been drawn");
        if (message is CoordinatorMessage.AskReveal)
        {
            if (story.Commitments.Count < state.Spec.Integrity.Generators || state.Participants.Exists(p => p is { Generates: true, IsActive: true } && !story.Commitments.ContainsKey(p.Node)))
                Fail("reveal-after-commitments", $"{Short(state.Spec.Id)} asks {node} to reveal while others could still choose");
        }
        else if (message is CoordinatorMessage.AskVote { Subject: var subject })
        {
            var purpose = state.Participants.Find(p => p.Node == node.Id)!.Purpose;
            if (state.Participants.Exists(p => p.IsActive && p.Purpose == purpose && p.Ballots.Exists(b => b.Subject == subject) && !story.VoteCommitments.Contains((p.Node, subject))))
                Fail("vote-after-commitments", $"{Short(state.Spec.Id)} asks {node} for its vote while others could still choose");
        }
    }

    public void Published(RequestSpec spec, IReadOnlyList<int> tokens)
    {
        if (_stories[spec.Id].Terminal is null or { Phase: RequestPhase.Settled })
            _stories[spec.Id].Published.AddRange(tokens);
    }

    public void Jailed(NodeId node)
    {
        _jailed.Add(node);
        if (world.Disk.States[node] != NodeState.Jailed)
            Fail("jail", $"{world.Node(node)} was convicted and is {world.Disk.States[node]}");
    }

    public void JailedForSilence(NodeId node)
    {
        if (IsHonest(node) && !world.Node(node).IsTouched)
            Fail("honest-node-blamed", $"{world.Node(node)} is jailed for silence; it is honest and nothing happened to it");
        _jailed.Add(node);
    }

    public void Freed(NodeId node) => _jailed.Remove(node);

    /// <summary>P6.3: what a node could be paid for answers nobody looks at stays below its part of the collateral.</summary>
    public void Exposed(SimNode node, Micros outstanding)
    {
        if (outstanding.Value * Rules.ExposureRatio > world.Disk.Ledger.Balance(node.Collateral).Value)
            Fail("exposure", $"{node} has {outstanding} outstanding on a collateral of {world.Disk.Ledger.Balance(node.Collateral)}");
    }

    /// <summary>P3.4: whether a sampled answer is audited is drawn after its node has committed.</summary>
    public void DrawsAudit(RequestState state)
    {
        if (state.Participants.Exists(p => p is { Generates: true, IsActive: true } && !_stories[state.Spec.Id].Commitments.ContainsKey(p.Node)))
            Fail("audit-after-commitment", $"{Short(state.Spec.Id)} draws its audit before its answer is committed to");
    }

    public void Stepped(RequestState before, RequestEvent happened, RequestStep step, Coordinator by)
    {
        // Asked for by a step that ended the request with its next: nobody was told of these, and no receipt could name them.
        if (happened is RequestEvent.Drawn late && before.IsTerminal && _stories.TryGetValue(before.Spec.Id, out var ended))
            ended.Draws.RemoveAll(late.Draws.Contains);
        var after = step.State;
        if (before.IsTerminal && (!ReferenceEquals(before, after) || step.Effects.Count > 0))
            Fail("terminal", $"{Short(before.Spec.Id)} goes on after its end with {happened.GetType().Name}");
        if (ReferenceEquals(before, after))
            return;
        if (after.Price > after.Spec.Hold)
            Fail("hold", $"{Short(after.Spec.Id)} costs {after.Price}, above its hold {after.Spec.Hold}");
        foreach (var p in after.Participants)
        {
            if (p.Failure is ParticipantFailure.Silent or ParticipantFailure.Malformed or ParticipantFailure.StreamedOtherwise
                && IsHonest(p.Node) && !world.Node(p.Node).IsTouched)
                Fail("honest-node-blamed", $"{Short(after.Spec.Id)} says {world.Node(p.Node)} was {p.Failure}; it is honest and nothing happened to it");
        }

        for (var i = before.Convictions.Count; i < after.Convictions.Count; i++)
            CheckConviction(after, after.Convictions[i]);
        if (after.IsTerminal && !before.IsTerminal)
            Ended(after, by);
    }

    private void Ended(RequestState state, Coordinator by)
    {
        var story = _stories[state.Spec.Id];
        if (story.Terminal is { } earlier && !story.WasOrphaned)
            Fail("terminal", $"{Short(state.Spec.Id)} ends twice in life {by.Life}: {earlier.Phase}, then {state.Phase}");
        story.Terminal = state;
    }

    /// <summary>
    /// An honest node is convicted only where the adversary holds a majority of the resolvers, beyond the bound of P8.2; and its
    /// money moves only where it holds two thirds of an assembly (see Books).
    /// </summary>
    private void CheckConviction(RequestState state, Conviction conviction)
    {
        Tally.Convictions++;
        if (!IsHonest(conviction.Node))
            return;
        var review = state.Spec.Review;
        var subject = review?.Digest ?? state.Participants.Find(p => p.Node == conviction.Node)!.Digest;
        var accused = conviction.Kind == EvidenceKind.FalseVote ? state.Finding : Verdict.Mismatch;
        var framers = state.Participants.Count(p => (review is not null || p.Purpose == DrawPurpose.Resolver) && !IsHonest(p.Node)
            && p.Ballots.Exists(b => b.Subject == subject && b.Vote?.Verdict == accused));
        framers += accused == Verdict.Match && review is not null ? review.Authors.Count(a => !IsHonest(a.Node)) : 0;
        var needed = review?.Needed ?? world.Rules.Options.Resolvers / 2 + 1;
        if (conviction.Kind is not (EvidenceKind.Stage2Mismatch or EvidenceKind.FalseVote) || framers < needed)
            Fail("honest-node-convicted", $"{Short(state.Spec.Id)} convicts {world.Node(conviction.Node)} ({conviction.Kind}: {conviction.Reason})");
        Tally.Framed++;
    }

    /// <summary>P5.7: nothing stays open past its deadline.</summary>
    public void AfterEvent()
    {
        if (_open.Count == 0 || world.Coordinator is null)
            return;
        foreach (var story in _open)
        {
            var from = story.Spec.Deadline > world.UpSince ? story.Spec.Deadline : world.UpSince;
            if (world.Time.Now > from + DeadlineSlack)
                Fail("deadline", $"{Short(story.Spec.Id)} is open {(world.Time.Now - story.Spec.Deadline).TotalSeconds:F0} s past its deadline");
        }
    }

    public void Swept(Coordinator by)
    {
        foreach (var slash in world.Disk.Ledger.Slashes)
        {
            if (slash.Open && slash.DueAt + DeadlineSlack < world.Time.Now && world.UpSince + DeadlineSlack < world.Time.Now)
                Fail("slash", $"a slash is open past its window in life {by.Life}");
        }
    }

    public void AtEnd()
    {
        if (_open.Count > 0)
            Fail("deadline", $"{Short(_open[0].Spec.Id)} was never ended");
        CheckJails();
        RecountBooks();
    }

    /// <summary>Who lost its collateral is out; who got it back is in.</summary>
    private void CheckJails()
    {
        foreach (var row in world.Disk.Ledger.Slashes)
        {
            var slash = SlashCase.FromBytes(row.State);
            if (slash.Status == SlashStatus.Executed && world.Disk.States[slash.Node] != NodeState.Jailed)
                Fail("jail", $"{world.Node(slash.Node)} was slashed and is not jailed");
            if (slash.Status == SlashStatus.Returned && IsHonest(slash.Node) && world.Disk.States[slash.Node] == NodeState.Jailed && !world.Disk.JailedUntil.ContainsKey(slash.Node)
                && world.Disk.Ledger.Slashes.All(s => s.Node != row.Node || s.Id == row.Id))
                Fail("honest-node-jailed", $"{world.Node(slash.Node)} got its collateral back and stays jailed");
        }
    }
}
