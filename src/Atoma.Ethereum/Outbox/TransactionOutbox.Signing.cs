using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Outbox;

/// <content>Rows that are planned: their first form.</content>
public sealed partial class TransactionOutbox
{
    /// <summary>Gas is estimated on today's state and spent on tomorrow's.</summary>
    private const ulong GasMarginPercent = 25;

    /// <summary>Signs, saves and sends, in this order; returns the row as it is then.</summary>
    private async Task<OutboxRow> SignAsync(OutboxRow row, ChainInstant instant, CancellationToken cancellationToken)
    {
        if (await NextNonceAsync(row, instant, cancellationToken) is not var (nonce, foreign))
            return row;
        if (await _effects.IsPresentAsync(row, null, cancellationToken))
            return await AlreadyThereAsync(row, instant, cancellationToken);
        var (gas, refusal) = await EstimateAsync(row, cancellationToken);
        if (refusal is not null)
            return await RefusedAsync(row, refusal, instant, cancellationToken);

        var fees = FeeRules.First(instant.Head.BaseFee, await _chain.PriorityFeeAsync(cancellationToken), _options);
        if (instant.BalanceWei < new BigInteger(gas) * fees.MaxWei)
        {
            _isBalanceLow = true;
            Stuck(row, $"{Sender} has {instant.BalanceWei} wei and may need {new BigInteger(gas) * fees.MaxWei}: send it some");
            return row;
        }

        Tally.Signed++;
        Tally.ForeignNonces += foreign;
        var attempt = Sign(row, nonce, gas, fees, instant.Head.Number);
        var saved = await SaveAsync(row with { State = OutboxState.Signed, Nonce = nonce, Attempts = [attempt] }, cancellationToken);
        await SendAsync(saved, cancellationToken);
        return saved;
    }

    /// <summary>
    /// One after the last that the rows know. Where the chain is ahead of them, something else uses the key: which nonces are taken is
    /// not guessed but awaited until it is final. Null until then.
    /// </summary>
    private async Task<(long Nonce, long Foreign)?> NextNonceAsync(OutboxRow row, ChainInstant instant, CancellationToken cancellationToken)
    {
        var last = await _store.LastNonceAsync(Sender, cancellationToken);
        var ours = (ulong)((last ?? -1) + 1);
        var next = Math.Max(ours, instant.NonceAtFinal);
        if (instant.NonceAtHead > next)
        {
            Stuck(row, $"the key of {Sender} was used for nonce {next} by something else; waiting until that is final");
            return null;
        }

        // What the key did before its first row is nobody's fault.
        return checked(((long)next, last is null ? 0 : (long)(next - ours)));
    }

    /// <summary>Believed when it is final, like everything.</summary>
    private async Task<OutboxRow> AlreadyThereAsync(OutboxRow row, ChainInstant instant, CancellationToken cancellationToken)
    {
        if (instant.Final is not null && await _effects.IsPresentAsync(row, instant.FinalHeight, cancellationToken))
            return await EndAsync(row, OutboxState.Final, null, "its effect is there by another transaction", cancellationToken);
        Stuck(row, "its effect is there by another transaction that is not final yet");
        return row;
    }

    private async Task<(ulong Gas, Refusal? Refusal)> EstimateAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        try
        {
            var estimate = await _chain.EstimateGasAsync(new ChainCall(row.Target, row.Data, Sender), cancellationToken);
            return estimate <= (ulong)row.GasLimit
                ? (Math.Min(checked(estimate * (100 + GasMarginPercent) / 100), (ulong)row.GasLimit), null)
                : (0, new Refusal(IsRevert: false, new RevertVerdict(false, $"needs {estimate} gas where {row.GasLimit} are allowed")));
        }
        catch (ChainRevertedException e)
        {
            return (0, new Refusal(IsRevert: true, _effects.Judge(row, e.RevertData)));
        }
        catch (ChainRejectedException e)
        {
            // Not the contract's word: blocks are too small for it today, or the sender has nothing.
            return (0, new Refusal(IsRevert: false, new RevertVerdict(MayRetry: true, e.Message)));
        }
    }

    /// <summary>
    /// It would fail now. It waits while that may change: the caller says so, or an earlier transaction is not final, or it does not
    /// fail in the final state.
    /// </summary>
    private async Task<OutboxRow> RefusedAsync(OutboxRow row, Refusal refusal, ChainInstant instant, CancellationToken cancellationToken)
    {
        Stuck(row, refusal.Verdict.Reason);
        if (refusal.Verdict.MayRetry || instant.Final is null)
            return row;
        var open = await _store.OpenTransactionsAsync(Sender, 1, cancellationToken);
        if (open[0].Key != row.Key || (refusal.IsRevert && await RevertDataAsync(row, instant.FinalHeight, cancellationToken) is null))
            return row;
        return await EndAsync(row, OutboxState.Failed, null, refusal.Verdict.Reason, cancellationToken);
    }

    private SignedAttempt Sign(OutboxRow row, long nonce, ulong gas, Fees fees, long head)
    {
        var transaction = new Eip1559Transaction(_chainId, (ulong)nonce, fees.PriorityWei, fees.MaxWei, gas, row.Target, BigInteger.Zero, row.Data);
        var signed = transaction.Sign(_signer);
        return new SignedAttempt(signed.Raw, signed.Hash, fees.MaxWei, fees.PriorityWei, _time.GetUtcNow(), head);
    }

    /// <summary>The gas of the first form: a later one differs in its fees alone.</summary>
    private static ulong SignedGas(OutboxRow row) => SignedTransaction.Decode(row.Attempts[0].Raw).Transaction.GasLimit;

    /// <summary>Why a row cannot be signed now.</summary>
    private sealed record Refusal(bool IsRevert, RevertVerdict Verdict);
}
