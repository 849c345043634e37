using System.Diagnostics;
using System.Globalization;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Benchmarks.Ledger;

/// <summary>One store of the soak: writes through children that it kills at random times, and checks what each left.</summary>
internal sealed class SoakedStore(string kind, string place, int clients, int seed)
{
    /// <summary>A child lives so long at most, in seconds; most live much less.</summary>
    private const int LifeMaxS = 20;

    private readonly long[] _acknowledged = new long[clients];
    private readonly List<(double LifeS, double Mb)> _children = [];

    public int Kills { get; private set; }

    public long Acknowledged => _acknowledged.Sum();

    /// <summary>Clients whose balance and holds were found to be what their steps come to, once after each kill.</summary>
    public long Checked { get; private set; }

    /// <summary>Steps that were in the books without having been acknowledged: cut off between commit and answer.</summary>
    public long Unacknowledged { get; private set; }

    /// <summary>Resident megabytes of the children that lived at least half of the longest life: the first and the last quarter of them.</summary>
    public string Memory
    {
        get
        {
            var old = _children.Where(child => child.LifeS >= LifeMaxS / 2.0).Select(child => child.Mb).ToList();
            var quarter = Math.Max(1, old.Count / 4);
            return $"{kind}_children_mb={Statistics.Quantile(old.Take(quarter), 0.5):F0}->{Statistics.Quantile(old.TakeLast(quarter), 0.5):F0}";
        }
    }

    public async Task RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var (store, owned) = SoakWriter.Open(kind, place);
        using (owned)
        {
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed < duration && !cancellationToken.IsCancellationRequested)
            {
                await LiveAndDieAsync(cancellationToken);
                await CheckAsync(store);
            }

            var recount = await store.RecountAsync(default);
            if (!recount.IsExact)
                throw new InvalidOperationException($"{kind}: {recount}");
        }
    }

    private async Task LiveAndDieAsync(CancellationToken cancellationToken)
    {
        // Squared, so that some die while they start.
        var share = (Prf.Philox((ulong)seed, (uint)Kills, 0) >> 11) / (double)(1UL << 53);
        var life = TimeSpan.FromSeconds(share * share * LifeMaxS);
        using var child = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", typeof(SoakWriter).Assembly.Location, SoakWriter.Verb, kind, place])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await child.StandardInput.WriteLineAsync(string.Join(' ', _acknowledged));
        child.StandardInput.Close();
        var reading = ReadAsync(child.StandardOutput);
        await Task.WhenAny(Task.Delay(life, cancellationToken), child.WaitForExitAsync(CancellationToken.None));
        if (child.HasExited)
            throw new InvalidOperationException($"{kind}: a writer ended with {child.ExitCode}.");
        child.Refresh();
        _children.Add((life.TotalSeconds, child.WorkingSet64 / 1e6));
        child.Kill();
        await child.WaitForExitAsync(CancellationToken.None);
        await reading;
        Kills++;
    }

    /// <summary>A line is one write, shorter than what a pipe takes whole, so the kill cuts none.</summary>
    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync(CancellationToken.None) is { } line)
            _acknowledged[int.Parse(line, CultureInfo.InvariantCulture)]++;
    }

    /// <summary>Each client is where its acknowledged steps led, or one on, which was in flight; the sum is exact.</summary>
    private async Task CheckAsync(ILedgerStore store)
    {
        var audit = await store.AuditAsync(default);
        if (!audit.IsExact)
            throw new InvalidOperationException($"{kind}: {audit}");
        for (var client = 0; client < clients; client++)
        {
            var balance = await store.BalanceAsync(SoakFlow.Account(client), default);
            var held = (await store.OpenHoldsAsync(SoakFlow.Account(client), 10, default)).Aggregate(Micros.Zero, (sum, hold) => sum + hold.Amount);
            var done = _acknowledged[client];

            if (SoakFlow.Balance(done) != balance || SoakFlow.Held(done) != held)
                done++;
            if (SoakFlow.Balance(done) != balance || SoakFlow.Held(done) != held)
            {
                throw new InvalidOperationException(
                    $"{kind}: client {client} was told of {_acknowledged[client]} steps, the books say balance {balance}, held {held}.");
            }

            Unacknowledged += done - _acknowledged[client];
            _acknowledged[client] = done;
            Checked++;
        }
    }
}
