using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>A contract as it was deployed.</summary>
/// <param name="Address">Where.</param>
/// <param name="CodeHash">Keccak-256 of its runtime code.</param>
public readonly record struct ContractIdentity(NodeId Address, Hash32 CodeHash);

/// <summary>Which chain and which contracts the books belong to.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Genesis">Hash of block 0: two local chains with one id differ in it.</param>
/// <param name="Contracts">1 to <see cref="ChainIdentity.ContractsMax"/>, in the order that the program uses.</param>
public sealed record ChainIdentity(ulong ChainId, Hash32 Genesis, IReadOnlyList<ContractIdentity> Contracts)
{
    /// <summary>The contracts are two, the token a third; the rest is room.</summary>
    public const int ContractsMax = 16;

    public bool Equals(ChainIdentity? other) =>
        other is not null && ChainId == other.ChainId && Genesis == other.Genesis && Contracts.SequenceEqual(other.Contracts);

    public override int GetHashCode() => HashCode.Combine(ChainId, Genesis, Contracts.Count);
}

/// <summary>How far a chain was read, and which chain that is. Durable; safe for concurrent use.</summary>
public interface ICursorStore
{
    /// <summary>The last block that a reader has worked off; null before the first.</summary>
    /// <param name="name">The reader's; at most 64 characters.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    Task<ChainPoint?> FindCursorAsync(string name, CancellationToken cancellationToken);

    /// <summary>Moves the cursor on. False, and nothing changed, when it is not at <paramref name="from"/>: somebody else moved it.</summary>
    /// <param name="name">The reader's.</param>
    /// <param name="from">Where it is; null to make it.</param>
    /// <param name="to">Where it goes; above <paramref name="from"/>.</param>
    /// <param name="cancellationToken">Stops the wait for a place in the queue.</param>
    /// <exception cref="ArgumentException">Malformed (<see cref="SettlementForm"/>).</exception>
    Task<bool> MoveCursorAsync(string name, ChainPoint? from, ChainPoint to, CancellationToken cancellationToken);

    /// <summary>Writes the identity the first time, and never again: returns the one that is stored, which the caller compares.</summary>
    /// <exception cref="ArgumentException">Malformed (<see cref="SettlementForm"/>).</exception>
    Task<ChainIdentity> PinChainAsync(ChainIdentity identity, CancellationToken cancellationToken);
}
