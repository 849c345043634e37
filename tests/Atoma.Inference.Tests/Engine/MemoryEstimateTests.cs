using System.Globalization;
using System.Text.RegularExpressions;
using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Tests.Engine;

public sealed partial class MemoryEstimateTests
{
    /// <summary>What llama.cpp says that it took at load against the estimate: never more. (The copy of the logits that the caller reads comes with the first decode.)</summary>
    [ModelTheory]
    [InlineData("stories260K-f16.gguf", 1, 256, 256)]
    [InlineData("stories260K-pad256-f16.gguf", 8, 512, 256)]
    [InlineData("stories260K-q8_0.gguf", 31, 512, 2)]
    [InlineData("atoma-demo.gguf", 4, 512, 512)]
    public async Task Of_LoadedModel_CoversWhatTheLibraryTook(string file, int slots, int contextTokens, int chunkTokens)
    {
        var options = TestModels.Options(file, slots) with { ContextTokens = contextTokens, ChunkTokens = chunkTokens };
        var estimate = MemoryEstimate.Of(GgufModel.Open(options.ModelPath), options);
        var log = new BufferSizes();
        await using (await LlamaEngine.LoadAsync(options, log).WaitAsync(TestTimeouts.Load))
        {
        }

        Assert.InRange(estimate.CacheBytes / BufferSizes.Mebibyte, log.Cache - 0.02, log.Cache + 0.02);
        Assert.InRange(estimate.ComputeBytes / BufferSizes.Mebibyte, log.Compute, (log.Compute * 3) + 18);
        Assert.Equal(GgufModel.Open(options.ModelPath).Dimensions.WeightBytes, estimate.WeightBytes);
        Assert.InRange(estimate.WeightBytes, 1, new FileInfo(options.ModelPath).Length);
    }

    [ModelFact]
    public void Require_TooLittleMemory_SaysHowMuch()
    {
        var estimate = new MemoryEstimate(3_000_000_000, 2_000_000_000, 1_000_000_000);
        estimate.Require(6_000_000_000, "m.gguf");
        var exception = Assert.Throws<InferenceException>(() => estimate.Require(5_999_999_999, "m.gguf"));
        Assert.Equal(InferenceError.MemoryInsufficient, exception.Error);
        Assert.Contains("6000 MB of memory (3000 MB weights, 2000 MB cache, 1000 MB computing); 6000 MB are available", exception.Message, StringComparison.Ordinal);
    }

    [ModelFact]
    public async Task LoadAsync_MoreThanTheMachineHas_IsRefusedBeforeLoading()
    {
        // The file claims a huge context and many heads' worth of cache; only the estimate knows before the allocation.
        var path = GgufEditor.Open(TestModels.PathOf("stories260K-pad256-f16.gguf")).Set("llama.context_length", GgufEditor.Number(131_072)).Save("huge.gguf");
        try
        {
            var options = TestModels.Options("stories260K-f16.gguf", EngineLimits.Slots) with { ModelPath = path, ContextTokens = EngineLimits.ContextTokens };
            var exception = await Assert.ThrowsAsync<InferenceException>(() => TestModels.LoadAsync(options));
            Assert.Equal(InferenceError.MemoryInsufficient, exception.Error);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    [Fact]
    public void MachineBytes_Meminfo_IsMemAvailable() =>
        Assert.Equal(1024L * 2048, AvailableMemory.MachineBytes("MemTotal:  4096 kB\nMemAvailable:    2048 kB\n"));

    [Theory]
    [InlineData("max\n", "5\n", "inactive_file 3\n", null)]
    [InlineData("", "", "", null)]
    [InlineData("1000\n", "400\n", "anon 1\ninactive_file 100\n", 700L)]
    [InlineData("1000\n", "1400\n", "", 0L)]
    public void GroupBytes_ControlGroup_IsLimitLessWhatCannotBeReclaimed(string max, string current, string stat, long? expected) =>
        Assert.Equal(expected, AvailableMemory.GroupBytes(max, current, stat));

    /// <summary>Reads the buffer sizes out of the library's log; MiB.</summary>
    private sealed partial class BufferSizes : ILogger
    {
        public const double Mebibyte = 1 << 20;

        public double Cache { get; private set; }

        public double Compute { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (Size().Match(formatter(state, exception)) is not { Success: true } match)
                return;
            var size = double.Parse(match.Groups["size"].Value, CultureInfo.InvariantCulture);
            if (match.Groups["kind"].Value == "KV")
                Cache += size;
            else
                Compute += size;
        }

        [GeneratedRegex(@"CPU +(?<kind>KV|compute|output) +buffer size = +(?<size>[0-9.]+) MiB", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
        private static partial Regex Size();
    }
}
