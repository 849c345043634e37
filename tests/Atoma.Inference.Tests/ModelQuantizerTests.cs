using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests;

public sealed class ModelQuantizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atoma-quantise-").FullName;

    [ModelTheory]
    [InlineData("stories260K-f32.gguf", "Q8_0")]
    [InlineData("stories260K-pad256-f16.gguf", "Q4_K_M")]
    [InlineData("stories260K-pad256-f16.gguf", "Q6_K")]
    public async Task Quantize_Model_GivesOneThatAnswersAndChecks(string source, string fileType)
    {
        var target = Path.Combine(_folder, "quantised.gguf");
        ModelQuantizer.Quantize(TestModels.PathOf(source), target, fileType, 1, new LlamaLibraryOptions(), NullLogger.Instance);
        Assert.Equal(fileType, GgufModel.Open(target).Quantisation);
        Assert.Equal([target], Directory.GetFiles(_folder));

        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 4) with { ModelPath = target });
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Answers.GenerateAsync(engine, Answers.Task(engine, i))));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, Answers.Task(engine, i), answers[i]));
    }

    [ModelFact]
    public void Quantize_TargetExists_IsRefusedAndKept()
    {
        var target = Path.Combine(_folder, "kept.gguf");
        File.WriteAllText(target, "kept");
        Assert.Throws<ArgumentException>(() => Quantize(target, "Q8_0"));
        Assert.Equal("kept", File.ReadAllText(target));
    }

    [ModelFact]
    public void Quantize_UnknownFileType_IsRefused() => Assert.Throws<ArgumentException>(() => Quantize(Path.Combine(_folder, "x.gguf"), "Q99"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Quantize(string target, string fileType) =>
        ModelQuantizer.Quantize(TestModels.F16, target, fileType, 1, new LlamaLibraryOptions(), NullLogger.Instance);
}
