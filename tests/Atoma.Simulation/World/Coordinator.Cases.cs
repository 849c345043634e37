using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Simulation.World;

// P8: cases, assemblies, disputes, appeals, canaries and standing.
internal sealed partial class Coordinator
{
    /// <summary>Until a case for which nobody was there is tried again.</summary>
    private static readonly TimeSpan AssemblyRetry = TimeSpan.FromSeconds(60);

    /// <summary>P7.6, more often than in production, where a hundred checks go by for each.</summary>
    private const int CanaryPpm = 60_000;

    private readonly IReadOnlySet<int> _ends = new HashSet<int> { Model.Brain.EndOfGeneration };

    /// <summary>A case is due: its assembly is called, or its money moves.</summary>
    private void Proceed(SlashRow row)
    {
        var slash = SlashCase.FromBytes(row.State);
        if (!_rules.NeedsAssembly(slash))
        {
            var result = Commit(_rules.Execute(row));
            world.Trace(() => $"slash of {world.Node(slash.Node)} executes: {result.Status}");
            return;
        }

        var origin = RequestRows.Receipt(_disk.Find(slash.Request)!)!.Receipt.State;
        if (CaseRules.Assembly(slash, origin, [.. Market()], Now, _rules.Options.DeadlineMs) is { } assembly)
            Review(assembly);
        else
            Commit(CaseRules.Postponed(row, Now, AssemblyRetry));
    }

    private LedgerStatus Review(RequestSpec review)
    {
        if (_activations.ContainsKey(review.Id) || _disk.Find(review.Id) is not null)
            return LedgerStatus.AlreadyDone;
        var @case = review.Review!.Case == Hash32.Zero ? null : _disk.FindCase(review.Review.Case);
        CrashPoint("before opening a review");
        var result = Commit(_rules.Accept(review, @case));
        CrashPoint("after opening a review");
        if (result.Status != LedgerStatus.Ok)
            return result.Status;
        world.Auditor.Accepted(review, this);
        world.Trace(() => $"{Short(review.Id)} is a {review.Review.Kind} of {Short(review.Review.Origin)} by {review.Review.Panel}");
        var activation = _activations[review.Id] = new Activation(RequestMachine.Open(review), Micros.Zero);
        Happen(activation, new RequestEvent.Started());
        return LedgerStatus.Ok;
    }

    /// <summary>P8.3: the requester doubts its answer, with a bond.</summary>
    public void Dispute(Hash32 request)
    {
        if (_disk.Find(request) is not { Open: false } row || RequestRows.Receipt(row) is not { } receipt || receipt.Receipt.State is not { Phase: RequestPhase.Settled } state
            || Now >= receipt.Receipt.FinishedAt + Rules.AppealWindow)
            return;
        var author = state.Participants.First(p => p is { Generates: true, IsActive: true });
        var bond = state.Spec.Terms.Check(PriceTerms.Answer(author.Draw.Chosen, state.Spec.InputTokens, state.Answer!.OutputCount)) * _rules.Options.Resolvers;
        Review(CaseRules.Dispute(state, _rules.Options.Resolvers, bond, Now, _rules.Options.DeadlineMs));
    }

    /// <summary>P8.5: an operator's one appeal.</summary>
    public void Appeal(Hash32 id)
    {
        // What the evidence proves by itself is proven again: here it always holds, the auditor verifies every receipt.
        if (_disk.FindCase(id) is { Open: true } row && CaseRules.Appealed(row, proofHolds: true, Now) is { } command)
            Commit(command);
    }

    /// <summary>What follows a request that has ended; lost when the coordinator stops in between.</summary>
    private void Follow(RequestState state)
    {
        if (!state.IsTerminal)
            return;
        if (state.Spec.Review is null)
            world.Requester.Ended(state.Spec.Id);
        foreach (var (node, kind) in Observations.Of(state))
            Observe(node, kind, state.Spec.Id);
        foreach (var @case in _disk.Ledger.Slashes.Where(s => s.Open && s.Request == state.Spec.Id).ToArray())
            world.Operator.Reads(@case);
        var wasChecked = state.Spec.Review is null && state is { Phase: RequestPhase.Settled, Answer: not null } && state.Participants.Exists(p => p is { Generates: false, Status: ParticipantStatus.Voted });
        if (!wasChecked)
            return;
        var beacon = state.Participants[^1].Draw.Beacon.Value;
        if (!Canary.IsDue(beacon, state.Spec.Id, CanaryPpm) || Canary.Spoil(state.Answer!, _ends, beacon) is not { } bad)
            return;
        try
        {
            Review(CaseRules.CanaryOf(state, bad, Now, _rules.Options.DeadlineMs));
        }
        catch (StoreDownException)
        {
            // A canary lost costs nothing.
        }
    }

    private void Observe(NodeId node, ObservationKind kind, Hash32 request)
    {
        var (after, change) = _disk.Standings.GetValueOrDefault(node, new NodeStanding()).Observe(kind, request);
        _disk.Standings[node] = after;
        if (change != StandingChange.Unreliable || _disk.States[node] != NodeState.Active)
            return;
        _disk.States[node] = NodeState.Jailed;
        _disk.JailedUntil[node] = Now + Rules.SilenceJail;
        world.Auditor.JailedForSilence(node);
    }
}
