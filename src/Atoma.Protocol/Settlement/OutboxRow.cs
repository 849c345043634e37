using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>How far a transaction has come. Stored: append only.</summary>
public enum OutboxState : byte
{
    /// <summary>Wanted; no transaction of it can be on its way.</summary>
    Planned = 0,

    /// <summary>Signed for its nonce and stored; what became of it is not known.</summary>
    Signed = 1,

    /// <summary>In a block that a reorganisation may still take away.</summary>
    Mined = 2,

    /// <summary>Its effect is on the chain for good.</summary>
    Final = 3,

    /// <summary>It will never have its effect; <see cref="OutboxRow.Reason"/> says why.</summary>
    Failed = 4,
}

/// <summary>A height with the block that was seen there: a block is known by its hash, not its height (P10.3).</summary>
public readonly record struct ChainPoint(long Number, Hash32 Hash);

/// <summary>One signed form of a transaction. All forms of a row have its nonce, so that at most one of them is ever mined.</summary>
/// <param name="Raw">EIP-2718 bytes, sent again as they are.</param>
/// <param name="Hash">Transaction hash.</param>
/// <param name="MaxFeeWei">Most that is paid per gas, wei.</param>
/// <param name="PriorityFeeWei">What the block's maker gets of it per gas, wei.</param>
/// <param name="SignedAt">When it was signed.</param>
/// <param name="SignedAtBlock">Height of the chain then.</param>
public sealed record SignedAttempt(
    byte[] Raw, Hash32 Hash, long MaxFeeWei, long PriorityFeeWei, DateTimeOffset SignedAt, long SignedAtBlock);

/// <summary>One transaction that has to have its effect exactly once (P10.3).</summary>
/// <param name="Key">Idempotency key; at most <see cref="OutboxLimits.KeyLengthMax"/> characters. Names the effect, for ever.</param>
/// <param name="Sender">Whose key signs it, and whose nonces it uses.</param>
/// <param name="Target">The contract that is called.</param>
/// <param name="Data">Selector and arguments; at most <see cref="OutboxLimits.DataLengthMax"/> bytes.</param>
/// <param name="GasLimit">Most gas that it may take.</param>
/// <param name="CreatedAt">When it was planned.</param>
/// <param name="State">How far it has come.</param>
/// <param name="Nonce">Of the sender's; null before it is signed, and where the effect came without it.</param>
/// <param name="Attempts">Signed forms, oldest first; all with this nonce.</param>
/// <param name="MinedIn">The block of the form that was mined; from <see cref="OutboxState.Mined"/> on.</param>
/// <param name="Retries">How often it was planned anew after a transaction of it was spent without effect.</param>
/// <param name="SpentNonce">The last nonce that was used up without its effect; null for none.</param>
/// <param name="Reason">Why it failed or waits, at most <see cref="OutboxLimits.ReasonLengthMax"/> characters; empty otherwise.</param>
/// <param name="Version">1 when added, one more with each change.</param>
public sealed record OutboxRow(
    string Key, NodeId Sender, NodeId Target, byte[] Data, long GasLimit, DateTimeOffset CreatedAt, OutboxState State, long? Nonce,
    IReadOnlyList<SignedAttempt> Attempts, ChainPoint? MinedIn, int Retries, long? SpentNonce, string Reason, long Version)
{
    /// <summary>Neither final nor failed.</summary>
    public bool IsOpen => State < OutboxState.Final;

    /// <summary>A new row, as it is added.</summary>
    public static OutboxRow Plan(string key, NodeId sender, NodeId target, byte[] data, long gasLimit, DateTimeOffset at) =>
        new(key, sender, target, data, gasLimit, at, OutboxState.Planned, null, [], null, 0, null, "", 1);

    /// <summary>Whether it asks for the same as another row, whatever became of either.</summary>
    public bool AsksSameAs(OutboxRow other) =>
        Sender == other.Sender && Target == other.Target && GasLimit == other.GasLimit && Data.AsSpan().SequenceEqual(other.Data);
}
