using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Engine;

/// <summary>A pool of real models in a budget for the largest of them only.</summary>
public sealed class EnginePoolModelTests
{
    private static readonly string[] Files = ["stories260K-f16.gguf", "stories260K-q8_0.gguf", "stories260K-q4_0.gguf"];

    [ModelFact]
    public async Task RentAsync_ModelsThatFitOneAtATime_AnswerInTurnAsWhenAlone()
    {
        var alone = new Dictionary<string, Hash32>();
        foreach (var file in Files)
        {
            await using var engine = await TestModels.LoadAsync(file);
            alone[ModelNames.OfFile(file)] = (await Answers.GenerateAsync(engine, Answers.Task(engine, 0, maxTokens: 12))).Digest();
        }

        await using var pool = Pool(out var sources);
        Assert.True(sources.Sum(s => s.Bytes) > pool.BudgetBytes + sources.Min(s => s.Bytes), "two of the models fit side by side: the test shows nothing");
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            var id = sources[i % sources.Length].ModelId;
            using var lease = await pool.RentAsync(id, CancellationToken.None).WaitAsync(TestTimeouts.Answer);
            var engine = (LlamaEngine)lease.Engine;
            Assert.Equal(id, engine.Model.Id);
            Assert.Equal([id], pool.Loaded);
            Assert.Equal(alone[id], (await Answers.GenerateAsync(engine, Answers.Task(engine, 0, maxTokens: 12))).Digest());
        }));
        Assert.InRange(pool.UsedBytes, 1, pool.BudgetBytes);
    }

    [ModelFact]
    public void Of_File_IsWhatAnEngineOfItWillBe()
    {
        var options = TestModels.Options(Files[0]);
        var source = EngineSource.Of(options, NullLogger.Instance);
        Assert.Equal("stories260k-f16", source.ModelId);
        Assert.Equal(MemoryEstimate.Of(GgufModel.Open(options.ModelPath), options).TotalBytes, source.Bytes);
        Assert.Equal(512, source.ContextTokens);
    }

    [Fact]
    public void Of_FileThatIsNoModel_IsRefusedBeforeAnythingIsLoaded()
    {
        var path = Path.GetTempFileName();
        try
        {
            Assert.Throws<GgufException>(() => EngineSource.Of(new EngineOptions { ModelPath = path }, NullLogger.Instance));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("x/Qwen3-0.6B-Q8_0.gguf", "qwen3-0.6b-q8_0")]
    [InlineData("a b+c.gguf", "a-b-c")]
    [InlineData(".gguf", "model")]
    public void OfFile_Path_IsItsNameInTheAlphabetOfIds(string path, string name) => Assert.Equal(name, ModelNames.OfFile(path));

    private static EnginePool Pool(out EngineSource[] sources)
    {
        sources = [.. Files.Select(f => EngineSource.Of(TestModels.Options(f), NullLogger.Instance))];
        return new EnginePool(
            sources, new EnginePoolOptions { BudgetBytes = sources.Max(s => s.Bytes), WaitSeconds = 60 }, TimeProvider.System, NullLogger.Instance);
    }
}
