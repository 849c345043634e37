using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

namespace Atoma.Simulation.World;

/// <summary>What a connected node offers, as the model's registry has it.</summary>
internal sealed record Offer(EligibleNode Node, NodeState State, Micros Collateral);

/// <summary>
/// Every decision that the simulated shell asks the protocol for, answered by the production code itself. A planted bug
/// (<see cref="Mutants"/>) overrides one of them; nothing in production knows that it can be broken.
/// </summary>
internal class Rules(RequestOptions options, ISignatureScheme signatures)
{
    /// <summary>P2.2, in the simulated network.</summary>
    public static readonly Micros CollateralMin = new(10_000_000);

    /// <summary>P6.3, in the simulated network: small, so that a few parallel requests reach it.</summary>
    public const int ExposureRatio = 400;

    /// <summary>P8.1: how long silence jails.</summary>
    public static readonly TimeSpan SilenceJail = TimeSpan.FromSeconds(600);

    /// <summary>P8.5.</summary>
    public static readonly TimeSpan AppealWindow = TimeSpan.FromSeconds(900);

    private readonly RequestMachine _machine = new(options, signatures);

    public RequestOptions Options => options;

    protected ISignatureScheme Signatures => signatures;

    public virtual RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now) => _machine.Step(state, happened, now);

    /// <summary>P3.1: who may be drawn.</summary>
    public virtual bool IsEligible(Offer offer) => offer.State == NodeState.Active && offer.Collateral >= CollateralMin;

    /// <summary>P7.4: the nodes of one echelon.</summary>
    public virtual IReadOnlyList<EligibleNode> OneEchelon(IEnumerable<EligibleNode> nodes, Hash32? echelon) => EligibleSet.OfOneEchelon(nodes, echelon);

    /// <summary>P3.3: who takes part already.</summary>
    public virtual HashSet<NodeId> Excluded(RequestState state) => state.Taken;

    public virtual DrawProof? Draw(
        DrawPurpose purpose, int ordinal, BeaconReveal beacon, RequestSpec spec, IReadOnlyList<EligibleNode> eligible, IReadOnlySet<NodeId> taken) =>
        Protocol.Sampling.Draw.One(purpose, ordinal, beacon, spec.Id, spec.Nonce, eligible, taken);

    /// <summary>P3.2: a step is marked as used before it is shown.</summary>
    public virtual bool MarksBeaconFirst => true;

    /// <summary>P5.1.</summary>
    public virtual LedgerCommand Accept(RequestSpec spec, SlashRow? @case) => Settlement.Accept(spec, @case);

    /// <summary>P9.</summary>
    public virtual Receipt Receipt(RequestState state, DateTimeOffset now) => new(state, options.Resolvers, now);

    /// <summary>P5.6, P5.9, P8.5.</summary>
    public virtual LedgerCommand Finish(SignedReceipt receipt, Func<LedgerAccount, Micros> balance, SlashRow? @case, int life) =>
        Settlement.Finish(receipt, balance, @case, options, AppealWindow);

    /// <summary>P8.5: the appeal window is over.</summary>
    public virtual DateTimeOffset DueAt(SlashRow slash) => slash.DueAt;

    public virtual LedgerCommand Execute(SlashRow slash) => SlashCase.Execute(slash, SlashShares.Default);

    /// <summary>P8.2: whether an assembly has to confirm a case before its money moves.</summary>
    public virtual bool NeedsAssembly(SlashCase slash) => slash.NeedsAssembly;

    /// <summary>Whether a jailed node is free again: its cases came to nothing.</summary>
    public virtual bool IsCleared(IReadOnlyList<SlashRow> cases, DateTimeOffset? jailedUntil, DateTimeOffset now) => CaseRules.IsCleared(cases, jailedUntil, now);

    /// <summary>P6.3: whether a node's collateral covers one more answer that nobody looks at.</summary>
    public virtual bool Covers(Micros outstanding, Micros value, Micros collateral) => Exposure.Fits(outstanding, value, collateral, ExposureRatio);

    public virtual NodeState Jail(NodeState state) =>
        NodeMachine.Move(state, NodeState.Jailed, collateralSuffices: true) == NodeMoveStatus.Ok ? NodeState.Jailed : state;

    /// <summary>Whether a request has not ended, as a new life finds it.</summary>
    public virtual bool IsOpen(RequestRow row, int life) => row.Open;

    /// <summary>What happens to an open request after a restart.</summary>
    public virtual RequestEvent Recovery => new RequestEvent.Recovered();

    /// <summary>When a deadline or a time limit is looked at again.</summary>
    public virtual DateTimeOffset NextDue(RequestState state) => RequestMachine.NextDue(state);

    public virtual Micros Hold(PriceTerms terms, IntegrityLevel level, IReadOnlyList<EligibleNode> eligible, int input, int maxTokens) =>
        terms.UpperBound(level, eligible, input, maxTokens);
}
