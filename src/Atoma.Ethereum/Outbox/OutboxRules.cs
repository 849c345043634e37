using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Outbox;

/// <summary>What the chain says of a signed row, read in the order of the fields.</summary>
/// <param name="Head">Height.</param>
/// <param name="Final">Height of the newest final block; -1 while there is none.</param>
/// <param name="NonceAtFinal">The sender's transactions up to the final block.</param>
/// <param name="NonceAtHead">The sender's transactions up to the head.</param>
/// <param name="Receipt">Of whichever form was mined; null when none is in a block.</param>
/// <param name="IsReceiptCanonical">The receipt's block is the one that the chain has at its height, asked where it is final.</param>
internal sealed record OutboxView(
    long Head, long Final, ulong NonceAtFinal, ulong NonceAtHead, ChainReceipt? Receipt, bool IsReceiptCanonical);

/// <summary>What is to be done with a signed row.</summary>
internal abstract record OutboxAction
{
    /// <summary>Nothing to do but look again.</summary>
    public sealed record Wait(string Reason) : OutboxAction;

    /// <summary>Send the newest form again, byte for byte.</summary>
    public sealed record Rebroadcast : OutboxAction;

    /// <summary>Sign a form with the same nonce and higher fees.</summary>
    public sealed record Bump : OutboxAction;

    /// <summary>Write down the block.</summary>
    public sealed record RecordMined(ChainPoint In) : OutboxAction;

    /// <summary>Its block is gone: nothing is known of it again.</summary>
    public sealed record Unmine : OutboxAction;

    /// <summary>It is done.</summary>
    public sealed record Finish(ChainPoint In) : OutboxAction;

    /// <summary>It was reverted, for good: the nonce is spent.</summary>
    public sealed record Reverted(ChainPoint In) : OutboxAction;

    /// <summary>Its nonce was used by something else, for good: none of its forms can ever be mined.</summary>
    public sealed record NonceLost : OutboxAction;
}

/// <summary>
/// P10.3: what to do with a row, by what the chain says of it. Only what is final is believed: a receipt, a missing receipt and a
/// used nonce can all be taken back by a reorganisation until then.
/// </summary>
internal static class OutboxRules
{
    /// <param name="row">Signed or mined.</param>
    /// <param name="view">What the chain says of it.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">When a fee is raised.</param>
    public static OutboxAction Decide(OutboxRow row, OutboxView view, DateTimeOffset now, OutboxOptions options)
    {
        Invariant.Assert(row.State is OutboxState.Signed or OutboxState.Mined);
        if (view.Receipt is { } receipt)
            return view.IsReceiptCanonical ? Mined(row, receipt, view.Final) : new OutboxAction.Wait("its block is being replaced");

        var nonce = (ulong)row.Nonce!.Value;
        if (view.NonceAtFinal > nonce)
            return new OutboxAction.NonceLost();
        if (row.State == OutboxState.Mined)
            return new OutboxAction.Unmine();
        if (view.NonceAtHead > nonce)
            return new OutboxAction.Wait("its nonce is used by a transaction that is not the outbox's, and not final yet");

        // Only the next one to be mined: those after it wait for it, not for a better price.
        return view.NonceAtHead == nonce && IsBumpDue(row.Attempts[^1], view.Head, now, options) ? new OutboxAction.Bump() : new OutboxAction.Rebroadcast();
    }

    private static OutboxAction Mined(OutboxRow row, ChainReceipt receipt, long final)
    {
        var block = new ChainPoint(receipt.BlockNumber, receipt.BlockHash);
        if (block.Number <= final)
            return receipt.Succeeded ? new OutboxAction.Finish(block) : new OutboxAction.Reverted(block);
        return row.State == OutboxState.Mined && row.MinedIn == block ? new OutboxAction.Wait("") : new OutboxAction.RecordMined(block);
    }

    private static bool IsBumpDue(SignedAttempt newest, long head, DateTimeOffset now, OutboxOptions options) =>
        head - newest.SignedAtBlock >= options.BumpAfterBlocks && now - newest.SignedAt >= options.BumpAfter;
}
