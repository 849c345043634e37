using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Chain;

/// <summary>A block as far as settlement looks at it.</summary>
/// <param name="Number">Height, from 0.</param>
/// <param name="Hash">Its hash: two blocks of one height are told apart by it (P10.3).</param>
/// <param name="Parent">Hash of the block before.</param>
/// <param name="Timestamp">Seconds since 1970.</param>
/// <param name="BaseFee">Base fee per gas in wei (EIP-1559).</param>
public sealed record ChainBlock(long Number, Hash32 Hash, Hash32 Parent, long Timestamp, BigInteger BaseFee);

/// <summary>One event of a contract.</summary>
/// <param name="Address">The contract that emitted it.</param>
/// <param name="Topics">0 to 4; the first is the event's signature hash.</param>
/// <param name="Data">ABI encoding of what is not indexed.</param>
/// <param name="BlockNumber">Height of its block.</param>
/// <param name="BlockHash">Hash of its block.</param>
/// <param name="Transaction">Hash of its transaction.</param>
/// <param name="Index">Position in the block.</param>
public sealed record ChainLog(
    NodeId Address, IReadOnlyList<Hash32> Topics, byte[] Data, long BlockNumber, Hash32 BlockHash, Hash32 Transaction, int Index);

/// <summary>What a mined transaction did.</summary>
/// <param name="Transaction">Its hash.</param>
/// <param name="Succeeded">False: it was reverted (its gas is spent).</param>
/// <param name="BlockNumber">Height of its block.</param>
/// <param name="BlockHash">Hash of its block.</param>
/// <param name="GasUsed">Gas.</param>
/// <param name="GasPrice">Wei per gas that was paid.</param>
/// <param name="Contract">The contract it created, if any.</param>
/// <param name="Logs">Its events in order.</param>
public sealed record ChainReceipt(
    Hash32 Transaction, bool Succeeded, long BlockNumber, Hash32 BlockHash, ulong GasUsed, BigInteger GasPrice, NodeId? Contract,
    IReadOnlyList<ChainLog> Logs);

/// <summary>A message call that is simulated, or whose gas is estimated.</summary>
/// <param name="To">The contract; null to create one.</param>
/// <param name="Data">Selector and arguments.</param>
/// <param name="From">The caller; null for nobody.</param>
/// <param name="Value">Wei.</param>
public sealed record ChainCall(NodeId? To, byte[] Data, NodeId? From = null, BigInteger Value = default);

/// <summary>Which events are wanted.</summary>
/// <param name="FromBlock">First height.</param>
/// <param name="ToBlock">Last height; at most <see cref="ChainLimits.LogBlocksMax"/> blocks in all.</param>
/// <param name="Addresses">Contracts, at least one.</param>
public sealed record ChainLogFilter(long FromBlock, long ToBlock, IReadOnlyList<NodeId> Addresses);

/// <summary>
/// An EVM chain as one endpoint, or several that have to agree, tell of it. Safe for concurrent use. Calls throw
/// <see cref="ChainUnavailableException"/> when no answer can be had after bounded retries, and <see cref="ChainRejectedException"/>
/// when the chain refused.
/// </summary>
public interface IChainClient
{
    Task<ulong> ChainIdAsync(CancellationToken cancellationToken);

    /// <summary>The newest block.</summary>
    Task<ChainBlock> HeadAsync(CancellationToken cancellationToken);

    /// <summary>The canonical block of this height, null above the head.</summary>
    Task<ChainBlock?> BlockAsync(long number, CancellationToken cancellationToken);

    /// <summary>The newest block that the chain itself calls final (tag <c>finalized</c>); null where it knows no such tag.</summary>
    Task<ChainBlock?> FinalizedAsync(CancellationToken cancellationToken);

    /// <summary>Transactions of this account that are mined by the given height; null for the head.</summary>
    Task<ulong> NonceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken);

    /// <summary>Wei.</summary>
    Task<BigInteger> BalanceAsync(NodeId account, CancellationToken cancellationToken);

    /// <summary>Runtime code, empty where there is none.</summary>
    Task<byte[]> CodeAsync(NodeId account, CancellationToken cancellationToken);

    /// <summary>Runs a call without sending it.</summary>
    /// <exception cref="ChainRevertedException">The contract reverted; carries the revert data.</exception>
    Task<byte[]> CallAsync(ChainCall call, long? atBlock, CancellationToken cancellationToken);

    /// <exception cref="ChainRevertedException">It would revert.</exception>
    Task<ulong> EstimateGasAsync(ChainCall call, CancellationToken cancellationToken);

    /// <summary>Suggested priority fee per gas, wei.</summary>
    Task<BigInteger> PriorityFeeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Hands a signed transaction over. Handing over the same bytes again is no error: what is known already, or mined, is fine.
    /// </summary>
    /// <param name="raw">Its EIP-2718 bytes.</param>
    /// <param name="cancellationToken">Stops waiting, not the transaction.</param>
    /// <exception cref="ChainRejectedException">The pool does not take it (nonce used by another, underpriced, no funds).</exception>
    Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken);

    /// <summary>Null while it is not mined in a canonical block.</summary>
    Task<ChainReceipt?> ReceiptAsync(Hash32 transaction, CancellationToken cancellationToken);

    /// <summary>Events in chain order.</summary>
    Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken);
}
