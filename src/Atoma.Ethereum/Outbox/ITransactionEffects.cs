using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Outbox;

/// <summary>What the sender of a transaction thinks of a revert.</summary>
/// <param name="MayRetry">The same transaction may succeed later.</param>
/// <param name="Reason">The decoded error.</param>
public readonly record struct RevertVerdict(bool MayRetry, string Reason);

/// <summary>
/// What only the owner of the transactions knows: the contract's own guard against doing one thing twice. The outbox asks before
/// every signature with a new nonce, so that not even a lost database or a second user of the key leads to a second effect.
/// </summary>
public interface ITransactionEffects
{
    /// <summary>Whether the row's effect is on the chain, by whatever transaction.</summary>
    /// <param name="row">The row.</param>
    /// <param name="atBlock">In the state after this block; null for the head.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    Task<bool> IsPresentAsync(OutboxRow row, long? atBlock, CancellationToken cancellationToken);

    /// <summary>Judges a revert.</summary>
    /// <param name="row">The row.</param>
    /// <param name="revertData">Selector and arguments of the error; empty when it is not known.</param>
    RevertVerdict Judge(OutboxRow row, ReadOnlySpan<byte> revertData);
}
