using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>Asks another client; derived ones change single answers.</summary>
internal abstract class ForwardingChain(IChainClient inner) : IChainClient
{
    public virtual Task<ulong> ChainIdAsync(CancellationToken cancellationToken) => inner.ChainIdAsync(cancellationToken);

    public virtual Task<ChainBlock> HeadAsync(CancellationToken cancellationToken) => inner.HeadAsync(cancellationToken);

    public virtual Task<ChainBlock?> BlockAsync(long number, CancellationToken cancellationToken) => inner.BlockAsync(number, cancellationToken);

    public virtual Task<ChainBlock?> FinalizedAsync(CancellationToken cancellationToken) => inner.FinalizedAsync(cancellationToken);

    public virtual Task<ulong> NonceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken) => inner.NonceAsync(account, atBlock, cancellationToken);

    public virtual Task<BigInteger> BalanceAsync(NodeId account, CancellationToken cancellationToken) => inner.BalanceAsync(account, cancellationToken);

    public virtual Task<byte[]> CodeAsync(NodeId account, CancellationToken cancellationToken) => inner.CodeAsync(account, cancellationToken);

    public virtual Task<byte[]> CallAsync(ChainCall call, long? atBlock, CancellationToken cancellationToken) => inner.CallAsync(call, atBlock, cancellationToken);

    public virtual Task<ulong> EstimateGasAsync(ChainCall call, CancellationToken cancellationToken) => inner.EstimateGasAsync(call, cancellationToken);

    public virtual Task<BigInteger> PriorityFeeAsync(CancellationToken cancellationToken) => inner.PriorityFeeAsync(cancellationToken);

    public virtual Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken) => inner.LogsAsync(filter, cancellationToken);

    public virtual Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken) => inner.SendAsync(raw, cancellationToken);

    public virtual Task<ChainReceipt?> ReceiptAsync(Hash32 transaction, CancellationToken cancellationToken) => inner.ReceiptAsync(transaction, cancellationToken);
}
