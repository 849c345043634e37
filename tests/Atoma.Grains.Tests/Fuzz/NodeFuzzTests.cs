namespace Atoma.Grains.Tests.Fuzz;

public sealed class NodeFuzzTests
{
    /// <summary>The same as 'bench fuzz', for a few seconds. The seed is fixed: a failure comes again.</summary>
    [Fact]
    public async Task Messages_SpoiledInAnyWay_NeitherCrashNorMoveMoney()
    {
        await using var fuzzer = await NodeFuzzer.StartAsync();
        var random = new Random(20260101);
        for (var i = 0; i < 20_000; i++)
        {
            var finding = await fuzzer.StepAsync(random, live: i % 16 == 0);
            Assert.True(finding is null, $"message {i}: {finding}");
        }

        Assert.InRange(fuzzer.Decoded, 500, 15_000);
        Assert.InRange(fuzzer.Delivered, 200, 1250);
        Assert.Null(await fuzzer.AfterAsync());
    }
}
