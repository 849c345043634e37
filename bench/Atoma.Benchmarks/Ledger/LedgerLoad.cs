using System.Diagnostics;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Benchmarks.Ledger;

/// <summary>Two-phase transfers per second and how long one durable command takes.</summary>
/// <param name="PerSecond">Holds that were posted, each once; a hold and its post are one.</param>
/// <param name="CommandP50Ms">Median of one command (a hold or a post), from the call to its durable answer.</param>
/// <param name="CommandP99Ms">99 of 100 are quicker.</param>
/// <param name="CpuMicroseconds">Of this process for one, the load's own part included; PostgreSQL's server is another process.</param>
internal readonly record struct LedgerRate(double PerSecond, double CommandP50Ms, double CommandP99Ms, double CpuMicroseconds);

/// <summary>Clients that each hold and post, one after the other, as fast as the store answers.</summary>
/// <param name="store">The store.</param>
/// <param name="clients">Commands in flight at most.</param>
/// <param name="accounts">Payers, and as many payees; 1 makes one hot account.</param>
internal sealed class LedgerLoad(ILedgerStore store, int clients, int accounts)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private int _number;

    public async Task<LedgerRate> RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        for (var i = 0; i < accounts; i++)
            await CommitAsync(new LedgerOperation.Transfer(Id("deposit", i), LedgerAccount.External, Payer(i), new Micros(1L << 50), TransferCode.Deposit));
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        var (from, to) = (started + Ticks(WarmUp), started + Ticks(WarmUp + duration));
        var lanes = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => RunLaneAsync(from, to), cancellationToken)));
        double[] milliseconds = [.. lanes.SelectMany(lane => lane)];
        return new LedgerRate(
            milliseconds.Length / 2 / duration.TotalSeconds, Statistics.Quantile(milliseconds, 0.5), Statistics.Quantile(milliseconds, 0.99),
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / _number);
    }

    private async Task<List<double>> RunLaneAsync(long from, long to)
    {
        var milliseconds = new List<double>();
        for (var now = Stopwatch.GetTimestamp(); now < to;)
        {
            var number = Interlocked.Increment(ref _number);
            var id = Id("hold", number);
            await CommitAsync(new LedgerOperation.Hold(id, Payer(number % accounts), new Micros(10), DateTimeOffset.UnixEpoch));
            var held = Stopwatch.GetTimestamp();
            await CommitAsync(new LedgerOperation.Post(id, [new PostPart(LedgerAccount.User($"payee {number % accounts}"), new Micros(10), TransferCode.PayPrimary)]));
            var posted = Stopwatch.GetTimestamp();
            if (now >= from && posted <= to)
            {
                milliseconds.Add(Stopwatch.GetElapsedTime(now, held).TotalMilliseconds);
                milliseconds.Add(Stopwatch.GetElapsedTime(held, posted).TotalMilliseconds);
            }

            now = posted;
        }

        return milliseconds;
    }

    private async Task CommitAsync(LedgerOperation operation)
    {
        var result = await store.CommitAsync(new LedgerCommand([operation]), default);
        if (result.Status != LedgerStatus.Ok)
            throw new InvalidOperationException($"{operation}: {result}");
    }

    private static LedgerAccount Payer(int account) => LedgerAccount.User($"payer {account}");

    private static Hash32 Id(string kind, int number) => new CanonicalWriter().Text(kind).Count(number).Sha256();

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
