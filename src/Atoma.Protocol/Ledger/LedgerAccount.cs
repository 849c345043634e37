using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>Kinds of account (P11). Stored: append only.</summary>
public enum AccountKind : byte
{
    /// <summary>Money outside the network: every deposit comes from it, every withdrawal goes to it. The only one below zero.</summary>
    External = 0,

    /// <summary>A requester's prepaid balance.</summary>
    User = 1,

    /// <summary>Held for open requests.</summary>
    Escrow = 2,

    /// <summary>A node's bonded collateral.</summary>
    Collateral = 3,

    /// <summary>A node's collateral taken by an open slash, until its appeal window ends (P8.5).</summary>
    Frozen = 4,

    /// <summary>What a node has earned and not withdrawn.</summary>
    Earnings = 5,

    /// <summary>The network's fees and remainders.</summary>
    Treasury = 6,

    /// <summary>Destroyed money. Nothing leaves it.</summary>
    Burn = 7,

    /// <summary>What sampled answers pay for audits, until an audit is paid from it (P4).</summary>
    AuditPool = 8,

    /// <summary>A node's money on its way out, until its payout is confirmed or returned.</summary>
    Payable = 9,

    /// <summary>A requester's deposit on the chain that no voucher of its own has opened for spending yet (P10.1).</summary>
    Reserve = 10,

    /// <summary>A requester's money that is on its way out of the chain's deposits (P10.2).</summary>
    Exiting = 11,
}

/// <summary>An account: its kind and whose it is. Shown as <c>kind</c> or <c>kind:owner</c>.</summary>
/// <param name="Kind">What the account is for.</param>
/// <param name="Owner">Account id of a user, address of a node, empty for the network's own; at most 64 characters.</param>
public readonly record struct LedgerAccount(AccountKind Kind, string Owner)
{
    public const int OwnerLength = 64;

    public static LedgerAccount External { get; } = new(AccountKind.External, "");

    public static LedgerAccount Escrow { get; } = new(AccountKind.Escrow, "");

    public static LedgerAccount Treasury { get; } = new(AccountKind.Treasury, "");

    public static LedgerAccount Burn { get; } = new(AccountKind.Burn, "");

    public static LedgerAccount AuditPool { get; } = new(AccountKind.AuditPool, "");

    public static LedgerAccount User(string id) => new(AccountKind.User, id);

    /// <param name="requester">Its address: only an account of the chain has a reserve.</param>
    public static LedgerAccount Reserve(NodeId requester) => new(AccountKind.Reserve, requester.ToAccount());

    /// <inheritdoc cref="Reserve"/>
    public static LedgerAccount Exiting(NodeId requester) => new(AccountKind.Exiting, requester.ToAccount());

    public static LedgerAccount Collateral(NodeId node) => new(AccountKind.Collateral, node.ToString());

    public static LedgerAccount Frozen(NodeId node) => new(AccountKind.Frozen, node.ToString());

    public static LedgerAccount Earnings(NodeId node) => new(AccountKind.Earnings, node.ToString());

    public static LedgerAccount Payable(NodeId node) => new(AccountKind.Payable, node.ToString());

    public override string ToString() =>
        Owner.Length == 0 ? Kind.ToString().ToLowerInvariant() : $"{Kind.ToString().ToLowerInvariant()}:{Owner}";
}

/// <summary>Why money moved. Stored: append only.</summary>
public enum TransferCode : byte
{
    Deposit = 1,
    Withdrawal = 2,
    Hold = 3,
    Release = 4,
    PayPrimary = 5,
    PayReplica = 6,
    PayChecker = 7,
    Fee = 8,
    Bond = 9,
    Unbond = 10,
    SlashFreeze = 11,
    SlashRequester = 12,
    SlashHonest = 13,
    SlashResolver = 14,
    SlashTreasury = 15,
    SlashBurn = 16,
    SlashReturn = 17,
    SilencePenalty = 18,

    /// <summary>A sampled answer's share in the cost of audits.</summary>
    AuditFee = 19,

    /// <summary>A checker of an audit or a canary, from the audit pool.</summary>
    PayAuditor = 20,

    /// <summary>A disputer's bond, or what the resolvers leave of it.</summary>
    BondForfeit = 21,

    /// <summary>A node asked for its money: from earnings or collateral to payable. Paid is <see cref="Withdrawal"/> from there.</summary>
    PayoutRequested = 22,

    /// <summary>The payout could not be made: from payable back to earnings.</summary>
    PayoutReturned = 23,

    /// <summary>A voucher opened a deposit for spending: from reserve to user.</summary>
    Authorised = 24,

    /// <summary>A requester asked the chain for its deposit: from reserve or user to exiting.</summary>
    ExitAsked = 25,

    /// <summary>It asked no more: from exiting to reserve.</summary>
    ExitReturned = 26,

    /// <summary>An epoch closed: from earnings to payable, where a Merkle root lets the node claim it.</summary>
    Claimable = 27,

    /// <summary>Money left the chain that its owner's accounts no longer had: the treasury bears it.</summary>
    Shortfall = 28,
}
