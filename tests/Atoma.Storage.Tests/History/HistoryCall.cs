using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage.Tests.History;

/// <summary>What a client asks: a command, or the balance of an account.</summary>
/// <param name="Command">Null for a read.</param>
/// <param name="Account">Null for a command.</param>
internal sealed record HistoryCall(LedgerCommand? Command, LedgerAccount? Account)
{
    public static HistoryCall Commit(LedgerCommand command) => new(command, null);

    public static HistoryCall Read(LedgerAccount account) => new(null, account);

    /// <summary>What the model answers; changes the model.</summary>
    public HistoryAnswer Ask(LedgerModel model, DateTimeOffset now) => Command is not null
        ? new HistoryAnswer(model.Commit(Command, now), default)
        : new HistoryAnswer(default, model.Balance(Account!.Value));
}

/// <summary>What a client was told.</summary>
internal readonly record struct HistoryAnswer(LedgerResult Result, Micros Balance);

/// <summary>A call from its start to its answer, on one clock that all clients share.</summary>
/// <param name="Client">Who; a client's calls never overlap.</param>
/// <param name="Call">What was asked.</param>
/// <param name="Start">Before it was sent.</param>
/// <param name="End">After the answer came; <see cref="long.MaxValue"/> when none came.</param>
/// <param name="Answer">Null when none came: the call took effect at any time from its start, or never.</param>
internal sealed record HistoryEvent(int Client, HistoryCall Call, long Start, long End, HistoryAnswer? Answer);
