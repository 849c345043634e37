using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Transactions;

/// <summary>
/// Sends one transaction after the other from one key and waits for each: for people at a command line, and for deployment. What
/// has to happen exactly once goes through the outbox instead; this forgets everything when the process ends.
/// </summary>
/// <param name="chain">Where.</param>
/// <param name="signer">Whose account pays. Nothing else may use it at the same time.</param>
/// <param name="time">For waiting.</param>
public sealed class TransactionSender(IChainClient chain, ISigner signer, TimeProvider time)
{
    /// <summary>Estimates are of the state now; a storage slot that is written first meanwhile costs more.</summary>
    private const int GasMarginPercent = 25;

    /// <summary>The fee that may be paid, in base fees: it takes 6 full blocks until the base fee is twice as high.</summary>
    private const int BaseFeeFactor = 2;

    private static readonly TimeSpan PollMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PollMax = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for a block that takes the transaction.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public NodeId Account => signer.Id;

    /// <param name="to">The contract; null to create one.</param>
    /// <param name="data">Call data or initialisation code.</param>
    /// <param name="cancellationToken">Stops waiting, not the transaction.</param>
    /// <exception cref="ChainRevertedException">It would revert, or it did.</exception>
    /// <exception cref="ChainUnavailableException">It is in no block after <see cref="Patience"/>.</exception>
    public async Task<ChainReceipt> SendAsync(NodeId? to, byte[] data, CancellationToken cancellationToken)
    {
        var estimate = await chain.EstimateGasAsync(new ChainCall(to, data, signer.Id), cancellationToken);
        var head = await chain.HeadAsync(cancellationToken);
        var tip = await chain.PriorityFeeAsync(cancellationToken);
        var transaction = new Eip1559Transaction(
            await chain.ChainIdAsync(cancellationToken), await chain.NonceAsync(signer.Id, null, cancellationToken), tip, BaseFeeFactor * head.BaseFee + tip,
            checked(estimate * (100 + GasMarginPercent) / 100), to, BigInteger.Zero, data);
        var signed = transaction.Sign(signer);
        await chain.SendAsync(signed.Raw, cancellationToken);
        var receipt = await WaitAsync(signed.Hash, cancellationToken);
        return receipt.Succeeded ? receipt : throw new ChainRevertedException($"Transaction 0x{signed.Hash} was mined in block {receipt.BlockNumber} and reverted.");
    }

    private async Task<ChainReceipt> WaitAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var pause = PollMin; time.GetElapsedTime(start) < Patience; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, PollMax.Ticks)))
        {
            if (await chain.ReceiptAsync(hash, cancellationToken) is { } receipt)
                return receipt;
            await Task.Delay(pause, time, cancellationToken);
        }

        throw new ChainUnavailableException($"Transaction 0x{hash} is in no block after {Patience.TotalMinutes:0} minutes. It may still come.");
    }
}
