using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>What came of adding a row.</summary>
public enum OutboxAddStatus : byte
{
    /// <summary>It is there now, durable.</summary>
    Added = 0,

    /// <summary>The same was added before. Nothing changed now.</summary>
    AlreadyThere = 1,

    /// <summary>The key was used before for something else: a mistake of the caller. Nothing changed.</summary>
    KeyReused = 2,
}

/// <summary>What came of changing a row; the first that applies.</summary>
public enum OutboxUpdateStatus : byte
{
    /// <summary>Done, durable.</summary>
    Done = 0,

    /// <summary>No such row, or it is not at the version before this one: another process moved it on. Nothing changed.</summary>
    VersionConflict = 1,

    /// <summary>Another row of the sender has this nonce. Nothing changed.</summary>
    NonceTaken = 2,
}

/// <summary>
/// Transactions to be sent, of any number of senders. Durable; safe for concurrent use; rows are never deleted, and one that is
/// final or failed never changes again.
/// </summary>
public interface IOutboxStore
{
    /// <summary>Adds a planned row, unless its key is there already.</summary>
    /// <exception cref="ArgumentException">The row is malformed (<see cref="SettlementForm"/>) or not new.</exception>
    Task<OutboxAddStatus> AddTransactionAsync(OutboxRow row, CancellationToken cancellationToken);

    /// <summary>Replaces the row of version <c>row.Version - 1</c>; what it asks for stays.</summary>
    /// <exception cref="ArgumentException">The row is malformed (<see cref="SettlementForm"/>).</exception>
    Task<OutboxUpdateStatus> UpdateTransactionAsync(OutboxRow row, CancellationToken cancellationToken);

    /// <summary>Null when the key was never used.</summary>
    Task<OutboxRow?> FindTransactionAsync(string key, CancellationToken cancellationToken);

    /// <summary>A sender's open rows in the order in which they were added; the first is the oldest.</summary>
    /// <param name="sender">Whose.</param>
    /// <param name="limit">1 to 10,000.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    Task<IReadOnlyList<OutboxRow>> OpenTransactionsAsync(NodeId sender, int limit, CancellationToken cancellationToken);

    /// <summary>Highest nonce that a row of the sender has or has spent; null for none.</summary>
    Task<long?> LastNonceAsync(NodeId sender, CancellationToken cancellationToken);
}
