using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>A requester's deposit as the contract has it.</summary>
/// <param name="Balance">Deposited and credited, less redeemed and taken out.</param>
/// <param name="Redeemed">Taken for spending, over the account's life.</param>
/// <param name="Exiting">Asked for; zero when nothing is.</param>
/// <param name="ExitAt">From when on it can be taken out.</param>
public sealed record RequesterPosition(Micros Balance, Micros Redeemed, Micros Exiting, DateTimeOffset? ExitAt);

/// <summary>A node as the contract has it.</summary>
/// <param name="Owner">Who pays and is paid; zero when it is not registered.</param>
/// <param name="ReceiptKey">The key that signs for it.</param>
/// <param name="Bonded">Collateral.</param>
/// <param name="Unbonding">On its way out, slashable until taken.</param>
/// <param name="Frozen">Of both, by open slashes.</param>
/// <param name="Claimed">Earnings claimed, over its life.</param>
public sealed record NodePosition(NodeId Owner, NodeId ReceiptKey, Micros Bonded, Micros Unbonding, Micros Frozen, Micros Claimed);

/// <summary>The contract's pool for payouts.</summary>
/// <param name="LastEpoch">Of the newest root, 0 before the first.</param>
/// <param name="Backing">What payouts may be made of, over the contract's life.</param>
/// <param name="Posted">Total of the newest root.</param>
/// <param name="Claimed">Claimed against all roots.</param>
public sealed record PayoutPosition(long LastEpoch, Micros Backing, Micros Posted, Micros Claimed);

/// <summary>Where a slash stands on the chain. The contract knows the same numbers: append only.</summary>
public enum ChainSlashState : byte
{
    None = 0,
    Open = 1,
    Appealed = 2,
    Executed = 3,
    Returned = 4,
}

/// <param name="State">None when it was never opened.</param>
/// <param name="ExecuteAt">When the appeal window ends.</param>
public sealed record ChainSlash(ChainSlashState State, DateTimeOffset ExecuteAt);

/// <summary>What is waiting to be final.</summary>
/// <param name="Open">Calls not final yet.</param>
/// <param name="Failed">Calls that the contract refused for good, since this process started.</param>
/// <param name="OldestOpenAt">Since when the oldest waits, null when none does.</param>
/// <param name="Problem">What stops it, for people; empty when nothing does.</param>
public sealed record SettlementBacklog(int Open, long Failed, DateTimeOffset? OldestOpenAt, string Problem);

/// <summary>What is fixed about a chain, and where it stands.</summary>
/// <param name="ChainId">EIP-155.</param>
/// <param name="Token">The token: its smallest unit is one micro (P11).</param>
/// <param name="Settlement">The settlement contract.</param>
/// <param name="Gateway">The gateway for contracts.</param>
/// <param name="Settler">Whose transactions ours are.</param>
/// <param name="Head">Newest block.</param>
/// <param name="Final">Newest block that counts as final.</param>
/// <param name="Applied">Blocks up to this one are in the books.</param>
/// <param name="Time">The final block's time.</param>
public sealed record ChainInfo(
    ulong ChainId, NodeId Token, NodeId Settlement, NodeId Gateway, NodeId Settler, long Head, long Final, long Applied, DateTimeOffset Time);

/// <summary>How a call under a key stands.</summary>
public enum CallOutcome : byte
{
    /// <summary>Never asked for.</summary>
    Unknown = 0,

    /// <summary>Not final yet.</summary>
    Open = 1,

    /// <summary>Its effect is final.</summary>
    Done = 2,

    /// <summary>The contract refuses it for good.</summary>
    Failed = 3,
}

/// <summary>
/// The settlement contracts, seen and used exactly once (P10). Questions throw <see cref="SettlementUnavailableException"/>. Positions are those of the newest block that is in the books, so
/// that they fit the ledger. One caller at a time advances and sends; the rest is safe for concurrent use.
/// </summary>
public interface ISettlementChain
{
    /// <summary>Hands every event that became final to <paramref name="apply"/>, in order; one that throws is handed over again later.</summary>
    /// <param name="apply">Has to do nothing the second time.</param>
    /// <param name="cancellationToken">Stops between events.</param>
    Task AdvanceAsync(Func<ChainEvent, Task> apply, CancellationToken cancellationToken);

    /// <summary>Writes a call down. The same key with the same call is the same one.</summary>
    /// <param name="key">1 to 128 characters.</param>
    /// <param name="call">What to do.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task EnqueueAsync(string key, SettlementCall call, CancellationToken cancellationToken);

    Task<CallOutcome> OutcomeAsync(string key, CancellationToken cancellationToken);

    /// <summary>Sends what was written down, watches what was sent.</summary>
    Task SendAsync(CancellationToken cancellationToken);

    Task<SettlementBacklog> BacklogAsync(CancellationToken cancellationToken);

    Task<ChainInfo> InfoAsync(CancellationToken cancellationToken);

    Task<RequesterPosition> RequesterAsync(NodeId user, CancellationToken cancellationToken);

    Task<NodePosition> NodeAsync(NodeId node, CancellationToken cancellationToken);

    Task<PayoutPosition> PayoutsAsync(CancellationToken cancellationToken);

    Task<ChainSlash> SlashAsync(Hash32 id, CancellationToken cancellationToken);

    /// <summary>From when on payouts can be claimed against the root of this epoch; null when the contract does not keep it.</summary>
    Task<DateTimeOffset?> ClaimableAtAsync(long epoch, CancellationToken cancellationToken);

    /// <summary>All of the token that the contracts hold.</summary>
    Task<Micros> HoldingsAsync(CancellationToken cancellationToken);

    /// <summary>What a requester signs: EIP-712 Voucher(address user,uint128 cumulative).</summary>
    Hash32 VoucherDigest(NodeId user, Micros cumulative);

    /// <summary>EIP-712 domain separator of the gateway, under which nodes sign a contract's answer (<see cref="ContractAnswer"/>).</summary>
    Hash32 GatewayDomain { get; }

    /// <summary>65 bytes each, of as many verdict signers as the contract wants, in ascending order of address.</summary>
    byte[] SignVerdict(ChainVerdict verdict);

    /// <inheritdoc cref="SignVerdict"/>
    byte[] SignRuling(Hash32 slash, bool uphold);
}

/// <summary>The chain does not answer, or its endpoints contradict each other. Nothing is lost: it is asked again.</summary>
public sealed class SettlementUnavailableException : Exception
{
    public SettlementUnavailableException()
    {
    }

    public SettlementUnavailableException(string message)
        : base(message)
    {
    }

    public SettlementUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The chain of this network, if it has one: without one the ledger alone settles (P1).</summary>
public sealed record ChainPort(ISettlementChain? Chain)
{
    public static ChainPort None { get; } = new((ISettlementChain?)null);
}
