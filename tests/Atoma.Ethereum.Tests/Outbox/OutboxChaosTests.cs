using Atoma.Ethereum.Tests.Outbox.Chaos;
using Xunit.Abstractions;

namespace Atoma.Ethereum.Tests.Outbox;

/// <summary>P10.3 under every fault at once, on a real chain; `settlement-chaos` of the benchmarks runs more of the same.</summary>
public sealed class OutboxChaosTests(ITestOutputHelper output)
{
    private const int Batches = 20;

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(2, false, false)]
    [InlineData(3, true, false)]
    [InlineData(4, false, true)]
    public async Task Settlement_EveryFault_EachBatchExactlyOnce(int seed, bool onSqlite, bool twoEndpoints)
    {
        var folder = Directory.CreateTempSubdirectory("atoma-chaos-");
        try
        {
            var tally = new ChaosTally();
            var path = onSqlite ? Path.Combine(folder.FullName, "ledger.db") : null;
            await ChaosRun.RunAsync(new ChaosOptions(seed, Batches, SqlitePath: path, TwoEndpoints: twoEndpoints), tally);
            output.WriteLine(tally.ToString());
            Assert.True(tally.IsExact, $"seed {seed}: {tally}");
            Assert.Equal(Batches, tally.Exact);
            Assert.NotEmpty(tally.Crashes);
            Assert.True(tally.Reorgs > 0 && tally.LostAnswers > 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The harness finds what it is there to find.</summary>
    [Theory]
    [InlineData(ChaosMutant.SendBeforeSave)]
    [InlineData(ChaosMutant.FreshNonce)]
    [InlineData(ChaosMutant.FinalTooEarly)]
    public async Task Settlement_Mutant_IsCaught(ChaosMutant mutant)
    {
        const int SeedsMax = 10;
        var tally = new ChaosTally();
        for (var seed = 1; seed <= SeedsMax && !tally.IsWrong; seed++)
            await ChaosRun.RunAsync(new ChaosOptions(seed, Batches, mutant), tally);
        output.WriteLine(tally.ToString());
        Assert.True(tally.IsWrong, $"{mutant} was not caught: {tally}");
    }
}
