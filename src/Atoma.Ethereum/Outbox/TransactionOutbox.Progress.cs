using Atoma.Ethereum.Chain;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Outbox;

/// <content>Rows that are signed: what became of them.</content>
public sealed partial class TransactionOutbox
{
    /// <summary>Does what the rules say; returns the row as it is then.</summary>
    private async Task<OutboxRow> AdvanceAsync(OutboxRow row, ChainInstant instant, CancellationToken cancellationToken)
    {
        // Most rows of most steps: mined, still there, not final.
        if (row.MinedIn is { } block && block.Number > instant.FinalHeight && await IsCanonicalAsync(block, cancellationToken))
            return row;
        switch (_decide(row, await ViewAsync(row, instant, cancellationToken), _time.GetUtcNow(), _options))
        {
            case OutboxAction.Wait wait:
                Stuck(row, wait.Reason);
                return row;
            case OutboxAction.RecordMined mined:
                return await SaveAsync(row with { State = OutboxState.Mined, MinedIn = mined.In, Reason = "" }, cancellationToken);
            case OutboxAction.Unmine:
                Tally.Unmined++;
                return await SaveAsync(row with { State = OutboxState.Signed, MinedIn = null }, cancellationToken);
            case OutboxAction.Finish finish:
                return await EndAsync(row, OutboxState.Final, finish.In, "", cancellationToken);
            case OutboxAction.Reverted reverted:
                return await RevertedAsync(row, reverted.In, instant, cancellationToken);
            case OutboxAction.NonceLost:
                Tally.ForeignNonces++;
                return await SpentAsync(
                    row, null, instant, new RevertVerdict(MayRetry: true, $"nonce {row.Nonce} was used by a transaction that is not the outbox's"),
                    cancellationToken);
            case OutboxAction.Bump:
                return await BumpAsync(row, instant, cancellationToken);
            default:
                await RebroadcastAsync(row, cancellationToken);
                return row;
        }
    }

    /// <summary>The receipts are read last: what is missing then was missing when the nonce was used.</summary>
    private async Task<OutboxView> ViewAsync(OutboxRow row, ChainInstant instant, CancellationToken cancellationToken)
    {
        // While its nonce is unused none of its forms can be in a block.
        ChainReceipt? receipt = null;
        for (var i = row.Attempts.Count - 1; i >= 0 && receipt is null && instant.NonceAtHead > (ulong)row.Nonce!.Value; i--)
            receipt = await _chain.ReceiptAsync(row.Attempts[i].Hash, cancellationToken);

        // Asked once more where it is to be believed for good.
        var isCanonical = receipt is not null
            && (receipt.BlockNumber > instant.FinalHeight
                || await IsCanonicalAsync(new ChainPoint(receipt.BlockNumber, receipt.BlockHash), cancellationToken));
        return new OutboxView(instant.Head.Number, instant.FinalHeight, instant.NonceAtFinal, instant.NonceAtHead, receipt, isCanonical);
    }

    /// <summary>Rows of one block share the answer of a step.</summary>
    private async Task<bool> IsCanonicalAsync(ChainPoint block, CancellationToken cancellationToken)
    {
        if (!_blocks.TryGetValue(block.Number, out var hash))
            _blocks[block.Number] = hash = (await _chain.BlockAsync(block.Number, cancellationToken))?.Hash;
        return hash == block.Hash;
    }

    private async Task<OutboxRow> RevertedAsync(OutboxRow row, ChainPoint block, ChainInstant instant, CancellationToken cancellationToken)
    {
        // A receipt does not say why. The state before its block is near enough to find out.
        var data = await RevertDataAsync(row, block.Number - 1, cancellationToken);
        return await SpentAsync(row, block, instant, _effects.Judge(row, data ?? []), cancellationToken);
    }

    /// <summary>What the call reverts with in the state after a block; null when it does not revert, or the state is gone.</summary>
    private async Task<byte[]?> RevertDataAsync(OutboxRow row, long atBlock, CancellationToken cancellationToken)
    {
        try
        {
            await _chain.CallAsync(new ChainCall(row.Target, row.Data, Sender), atBlock, cancellationToken);
            return null;
        }
        catch (ChainRevertedException e)
        {
            return e.RevertData;
        }
        catch (ChainRejectedException)
        {
            return null;
        }
    }

    /// <summary>The row's nonce is used up for good and the row's own transaction had no effect. Is the effect there all the same?</summary>
    private async Task<OutboxRow> SpentAsync(
        OutboxRow row, ChainPoint? block, ChainInstant instant, RevertVerdict verdict, CancellationToken cancellationToken)
    {
        if (await _effects.IsPresentAsync(row, instant.FinalHeight, cancellationToken))
            return await EndAsync(row, OutboxState.Final, block, $"its effect is there by another transaction; {verdict.Reason}", cancellationToken);
        if (!verdict.MayRetry || row.Retries >= _options.RetriesMax)
            return await EndAsync(row, OutboxState.Failed, block, verdict.Reason, cancellationToken);
        Tally.Retries++;
        _sentAt.Remove(row.Key);
        return await SaveAsync(
            row with
            {
                State = OutboxState.Planned, Nonce = null, SpentNonce = row.Nonce, Attempts = [], MinedIn = null, Retries = row.Retries + 1,
                Reason = Bounded(verdict.Reason),
            },
            cancellationToken);
    }

    private async Task<OutboxRow> BumpAsync(OutboxRow row, ChainInstant instant, CancellationToken cancellationToken)
    {
        var newest = row.Attempts[^1];
        var tip = await _chain.PriorityFeeAsync(cancellationToken);
        var raised = FeeRules.Raised(new Fees(newest.MaxFeeWei, newest.PriorityFeeWei), instant.Head.BaseFee, tip, _options);
        if (raised is not { } fees || row.Attempts.Count == OutboxLimits.AttemptsMax)
        {
            Stuck(row, $"not mined at {newest.MaxFeeWei} wei per gas, and the cap of {_options.MaxFeeCapWei} forbids more");
            await RebroadcastAsync(row, cancellationToken);
            return row;
        }

        Tally.Bumps++;
        var gas = SignedGas(row);
        var saved = await SaveAsync(
            row with { Attempts = [.. row.Attempts, Sign(row, row.Nonce!.Value, gas, fees, instant.Head.Number)] }, cancellationToken);
        await SendAsync(saved, cancellationToken);
        return saved;
    }

    private async Task RebroadcastAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        if (_sentAt.TryGetValue(row.Key, out var last) && _time.GetUtcNow() - last < _options.RebroadcastAfter)
            return;
        Tally.Rebroadcasts++;
        await SendAsync(row, cancellationToken);
    }

    /// <summary>Hands over the newest form of a saved row. That a pool refuses it is no end: the next steps see what became of it.</summary>
    private async Task SendAsync(OutboxRow saved, CancellationToken cancellationToken)
    {
        _sentAt[saved.Key] = _time.GetUtcNow();
        try
        {
            await _chain.SendAsync(saved.Attempts[^1].Raw, cancellationToken);
        }
        catch (ChainRejectedException e)
        {
            Stuck(saved, e.Message);
        }
    }
}
