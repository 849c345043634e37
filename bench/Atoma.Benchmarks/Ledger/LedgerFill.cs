using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Benchmarks.Ledger;

/// <summary>Makes a ledger long: deposits to a thousand accounts, many to a command.</summary>
internal static class LedgerFill
{
    private const int Accounts = 1_000;
    private const int CommandsAtOnce = 64;

    /// <summary>Adds so many entries, two of each deposit.</summary>
    /// <param name="store">Where to.</param>
    /// <param name="from">Entries added before; makes the ids new.</param>
    /// <param name="entries">Even.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task AddAsync(ILedgerStore store, int from, int entries, CancellationToken cancellationToken)
    {
        var commands = Enumerable.Range(from / 2, entries / 2)
            .Select(number => (LedgerOperation)new LedgerOperation.Transfer(
                new CanonicalWriter().Text("fill").Count(number).Sha256(), LedgerAccount.External, LedgerAccount.User($"filled {number % Accounts}"),
                new Micros(1), TransferCode.Deposit))
            .Chunk(LedgerCommand.OperationsMax);
        foreach (var batch in commands.Chunk(CommandsAtOnce))
        {
            var results = await Task.WhenAll(batch.Select(operations => store.CommitAsync(new LedgerCommand(operations), cancellationToken)));
            if (results.Any(result => result.Status != LedgerStatus.Ok))
                throw new InvalidOperationException("The ledger refused to be filled.");
        }
    }
}
