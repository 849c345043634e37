using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>What the network does on the chain. Each is sent exactly once under its key, whatever happens on the way (P10.3).</summary>
public abstract record SettlementCall
{
    /// <summary>Takes what requesters have spent, up to what their vouchers allow.</summary>
    /// <param name="Parts">1 to <see cref="PartsMax"/>.</param>
    public sealed record Redeem(IReadOnlyList<Redemption> Parts) : SettlementCall
    {
        /// <summary>About 3 million gas: a tenth of a block.</summary>
        public const int PartsMax = 200;
    }

    /// <summary>Makes an epoch's earnings claimable.</summary>
    public sealed record PostRoot(long Epoch, Hash32 Root, Micros Total, Hash32 Data) : SettlementCall;

    /// <summary>Opens a slash.</summary>
    public sealed record ProposeSlash(ChainVerdict Verdict, byte[] Signatures) : SettlementCall;

    /// <summary>Divides the money of a slash whose window is over.</summary>
    public sealed record ExecuteSlash(Hash32 Slash) : SettlementCall;

    /// <summary>Ends an appealed slash, or one that was not confirmed.</summary>
    public sealed record RuleSlash(Hash32 Slash, bool Uphold, byte[] Signatures) : SettlementCall;

    /// <summary>Answers a contract.</summary>
    /// <param name="Request">The gateway's id.</param>
    /// <param name="Result">UTF-8.</param>
    /// <param name="Fee">At most what was escrowed.</param>
    /// <param name="Nodes">Ascending, each once.</param>
    /// <param name="Signatures">65 bytes each, in that order.</param>
    public sealed record Answer(Hash32 Request, byte[] Result, Micros Fee, IReadOnlyList<NodeId> Nodes, byte[] Signatures) : SettlementCall
    {
        /// <summary>Bytes of a result that a contract is given.</summary>
        public const int ResultBytesMax = 16_384;
    }

    /// <summary>Gives a contract its fee back.</summary>
    public sealed record Decline(Hash32 Request, string Reason) : SettlementCall;
}

/// <summary>A requester's spending, to be taken from its deposit.</summary>
/// <param name="User">Whose.</param>
/// <param name="Spent">Over the account's life.</param>
/// <param name="Authorised">The voucher's own sum, at least <paramref name="Spent"/>.</param>
/// <param name="Signature">65 bytes, the voucher's.</param>
public sealed record Redemption(NodeId User, Micros Spent, Micros Authorised, byte[] Signature);

/// <summary>Why collateral is taken. The contract knows the same numbers: append only.</summary>
public enum ChainSlashKind : byte
{
    /// <summary>Shared out by P8.4.</summary>
    Malice = 0,

    /// <summary>All to the requester whose time it cost (P5.9).</summary>
    Silence = 1,
}

/// <summary>What the verdict signers sign, k of n (P8, P10.1).</summary>
/// <param name="Id">Used once for ever.</param>
/// <param name="Node">Who is slashed.</param>
/// <param name="Request">The request it arose from; zero for several.</param>
/// <param name="Victim">The requester, zero where it has no account on the chain.</param>
/// <param name="Amount">Of collateral.</param>
/// <param name="Honest">Nodes that share the honest parties' part.</param>
/// <param name="Resolvers">Nodes that share the resolvers' part.</param>
/// <param name="Kind">Why.</param>
/// <param name="Evidence">Digest of the evidence bundle.</param>
/// <param name="Deadline">Seconds since 1970; not accepted later.</param>
public sealed record ChainVerdict(
    Hash32 Id, NodeId Node, Hash32 Request, NodeId Victim, Micros Amount, int Honest, int Resolvers, ChainSlashKind Kind, Hash32 Evidence, long Deadline);
