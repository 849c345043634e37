namespace Atoma.Api.Tests.Fuzz;

public sealed class HttpFuzzTests
{
    /// <summary>The same as 'bench fuzz', for a few seconds. The seed is fixed: a failure comes again.</summary>
    [Fact]
    public async Task Requests_SpoiledInAnyWay_AreAnsweredAndNeverAFault()
    {
        await using var fuzzer = await HttpFuzzer.StartAsync();
        var random = new Random(20260101);
        for (var i = 0; i < 3000; i++)
        {
            var finding = await fuzzer.StepAsync(random);
            Assert.True(finding is null, $"request {i}: {finding}");
        }

        // Neither all refused nor all taken.
        Assert.True(fuzzer.Statuses.GetValueOrDefault(400) > 300, string.Join(", ", fuzzer.Statuses));
        Assert.True(fuzzer.Statuses.GetValueOrDefault(200) > 300, string.Join(", ", fuzzer.Statuses));
    }
}
