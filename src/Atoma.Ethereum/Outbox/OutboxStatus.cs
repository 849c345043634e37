using System.Numerics;

namespace Atoma.Ethereum.Outbox;

/// <summary>What an operator watches, as of the last step.</summary>
/// <param name="Open">Rows neither final nor failed.</param>
/// <param name="InFlight">Of them, signed and not in a block.</param>
/// <param name="OldestKey">Key of the oldest open row; empty for none.</param>
/// <param name="OldestAge">Its age.</param>
/// <param name="IsLate">It is older than <see cref="OutboxOptions.LateAfter"/>: somebody should look.</param>
/// <param name="StuckReason">Why the first row that does not move does not; empty when all move.</param>
/// <param name="BalanceWei">The sender's.</param>
/// <param name="IsBalanceLow">It does not pay for the next transaction: top the sender up.</param>
public sealed record OutboxStatus(
    int Open, int InFlight, string OldestKey, TimeSpan OldestAge, bool IsLate, string StuckReason, BigInteger BalanceWei, bool IsBalanceLow)
{
    /// <summary>Before the first step.</summary>
    public static OutboxStatus None { get; } = new(0, 0, "", TimeSpan.Zero, false, "", BigInteger.Zero, false);
}

/// <summary>What the outbox did since the process started; each only grows.</summary>
public sealed class OutboxTally
{
    /// <summary>First forms that were signed.</summary>
    public long Signed { get; internal set; }

    /// <summary>Times that known bytes were sent again.</summary>
    public long Rebroadcasts { get; internal set; }

    /// <summary>Forms signed with higher fees.</summary>
    public long Bumps { get; internal set; }

    /// <summary>Transactions whose block a reorganisation took away.</summary>
    public long Unmined { get; internal set; }

    /// <summary>Nonces of the sender that something else used. Above zero: the key is used elsewhere. Find out by whom.</summary>
    public long ForeignNonces { get; internal set; }

    /// <summary>Rows planned anew after a transaction was spent without effect.</summary>
    public long Retries { get; internal set; }

    /// <summary>Rows that ended with their effect.</summary>
    public long Finals { get; internal set; }

    /// <summary>Rows that ended without it.</summary>
    public long Failures { get; internal set; }
}

/// <summary>
/// Another process changed a row or took a nonce at the same time: two work for one sender, of which one is too many. Nothing
/// is wrong with the rows; the next step reads them anew.
/// </summary>
public sealed class OutboxConflictException : Exception
{
    public OutboxConflictException()
    {
    }

    public OutboxConflictException(string message)
        : base(message)
    {
    }

    public OutboxConflictException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
