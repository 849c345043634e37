using Orleans.Concurrency;

namespace Atoma.Grains.Abstractions;

/// <summary>What the chain has, beside what the books have (P10), and what its requesters say with their keys. Stateless.</summary>
[Alias("atoma.IChainGrain")]
public interface IChainGrain : IGrainWithStringKey
{
    /// <summary>Null without a chain.</summary>
    [Alias("Describe")]
    Task<ChainOverview?> Describe();

    /// <summary>A requester's deposit and accounts; null without a chain.</summary>
    [Alias("Requester")]
    Task<ChainRequester?> Requester(string address);

    /// <summary>A node's collateral and payouts; null without a chain.</summary>
    [Alias("Node")]
    Task<ChainNode?> Node(string address);

    /// <summary>Opens a requester's deposit for spending up to a sum over its life.</summary>
    /// <param name="user">Address.</param>
    /// <param name="cumulativeMicros">Above zero.</param>
    /// <param name="signature">65 bytes over EIP-712 Voucher(address user,uint128 cumulative) in the settlement contract's domain.</param>
    [Alias("AddVoucher")]
    Task<VoucherReply> AddVoucher(string user, long cumulativeMicros, byte[] signature);

    /// <summary>Adds an API key to a requester's account; its owner proves with its key that it is its own.</summary>
    /// <param name="user">Address.</param>
    /// <param name="keyHash">SHA-256 of the key's text, hex: the key itself stays with its owner.</param>
    /// <param name="timestamp">Seconds since 1970, within ten minutes of now.</param>
    /// <param name="signature">65 bytes over <see cref="Atoma.Protocol.Nodes.SigningDomain.ApiKey"/>.</param>
    [Alias("AddKey")]
    Task<ChainKeyReply> AddKey(string user, string keyHash, long timestamp, byte[] signature);
}

/// <summary>Where chain and books stand. Amounts in micro-units; what is in flight between them is named.</summary>
[GenerateSerializer, Alias("atoma.ChainOverview"), Immutable]
public sealed record ChainOverview
{
    [Id(0)] public required long ChainId { get; init; }

    [Id(1)] public required string Token { get; init; }

    [Id(2)] public required string Settlement { get; init; }

    [Id(3)] public required string Gateway { get; init; }

    [Id(4)] public required string Settler { get; init; }

    [Id(5)] public required long Head { get; init; }

    /// <summary>Newest block that counts as final.</summary>
    [Id(6)] public required long Final { get; init; }

    /// <summary>Blocks up to this one are in the books.</summary>
    [Id(7)] public required long Applied { get; init; }

    /// <summary>Of the newest root, 0 before the first.</summary>
    [Id(8)] public required long Epoch { get; init; }

    [Id(9)] public required long BackingMicros { get; init; }

    [Id(10)] public required long PostedMicros { get; init; }

    [Id(11)] public required long ClaimedMicros { get; init; }

    /// <summary>All of the token that the contracts hold for the network's accounts.</summary>
    [Id(12)] public required long HoldingsMicros { get; init; }

    /// <summary>All of the ledger's accounts but external and burn.</summary>
    [Id(13)] public required long LedgerMicros { get; init; }

    /// <summary>Slashes and contracts' requests that are over on one side only: until they are, the two sums may differ.</summary>
    [Id(14)] public required int InFlight { get; init; }

    /// <summary>Transactions not final yet.</summary>
    [Id(15)] public required int OutboxOpen { get; init; }

    /// <summary>Transactions that the contracts refused for good.</summary>
    [Id(16)] public required long OutboxFailed { get; init; }

    [Id(17)] public required DateTimeOffset? OutboxOldestAt { get; init; }

    /// <summary>What stops settlement; empty when nothing does.</summary>
    [Id(18)] public required string Problem { get; init; }
}

/// <summary>A requester on the chain and in the books. Micro-units.</summary>
[GenerateSerializer, Alias("atoma.ChainRequester"), Immutable]
public sealed record ChainRequester
{
    /// <summary>Deposit on the chain: what came in, less what was redeemed and taken out.</summary>
    [Id(0)] public required long DepositMicros { get; init; }

    /// <summary>Taken from the deposit for spending so far.</summary>
    [Id(1)] public required long RedeemedMicros { get; init; }

    [Id(2)] public required long ExitingMicros { get; init; }

    [Id(3)] public required DateTimeOffset? ExitAt { get; init; }

    /// <summary>Of the newest voucher, 0 without one.</summary>
    [Id(4)] public required long VoucherMicros { get; init; }

    /// <summary>Deposited, and waiting for a voucher.</summary>
    [Id(5)] public required long ReserveMicros { get; init; }

    /// <summary>Can be spent now.</summary>
    [Id(6)] public required long BalanceMicros { get; init; }

    /// <summary>Held by open requests.</summary>
    [Id(7)] public required long HeldMicros { get; init; }

    /// <summary>Set aside for the exit.</summary>
    [Id(8)] public required long SetAsideMicros { get; init; }

    /// <summary>Spent over the account's life, as far as it is known to be settled.</summary>
    [Id(9)] public required long SpentMicros { get; init; }
}

/// <summary>A node on the chain and in the books. Micro-units.</summary>
[GenerateSerializer, Alias("atoma.ChainNode"), Immutable]
public sealed record ChainNode
{
    /// <summary>Who pays and is paid; empty when the node is not registered on the chain.</summary>
    [Id(0)] public required string Owner { get; init; }

    [Id(1)] public required string ReceiptKey { get; init; }

    [Id(2)] public required long BondedMicros { get; init; }

    [Id(3)] public required long UnbondingMicros { get; init; }

    [Id(4)] public required long FrozenMicros { get; init; }

    [Id(5)] public required long ClaimedMicros { get; init; }

    /// <summary>Collateral in the books.</summary>
    [Id(6)] public required long CollateralMicros { get; init; }

    [Id(7)] public required long LedgerFrozenMicros { get; init; }

    /// <summary>Earned since the last epoch was closed.</summary>
    [Id(8)] public required long EarningsMicros { get; init; }

    /// <summary>Claimable by the newest root or the next.</summary>
    [Id(9)] public required long PayableMicros { get; init; }

    /// <summary>What to send to the contract to be paid; null when there is nothing.</summary>
    [Id(10)] public required ClaimProof? Claim { get; init; }
}

/// <summary>What became of a voucher. Append only; the first that applies.</summary>
public enum VoucherStatus
{
    Ok = 0,

    /// <summary>A voucher of this sum or a higher one is kept: nothing changed.</summary>
    NotHigher = 1,

    /// <summary>This network has no chain.</summary>
    NoChain = 2,

    WrongSignature = 3,
}

/// <param name="Status">What became of it.</param>
/// <param name="CumulativeMicros">Of the voucher that is kept.</param>
[GenerateSerializer, Alias("atoma.VoucherReply"), Immutable]
public sealed record VoucherReply([property: Id(0)] VoucherStatus Status, [property: Id(1)] long CumulativeMicros);

/// <summary>What became of a key. Append only; the first that applies.</summary>
public enum ChainKeyStatus
{
    Ok = 0,

    /// <summary>It was added before.</summary>
    Exists = 1,

    NoChain = 2,

    WrongSignature = 3,

    /// <summary>Signed too long ago, or for a time to come.</summary>
    Stale = 4,

    /// <summary>Nothing was ever deposited for this address, or its account is closed.</summary>
    Unknown = 5,
}

/// <param name="Status">What became of it.</param>
/// <param name="KeyId">As shown by the account's list of keys.</param>
[GenerateSerializer, Alias("atoma.ChainKeyReply"), Immutable]
public sealed record ChainKeyReply([property: Id(0)] ChainKeyStatus Status, [property: Id(1)] string KeyId);
