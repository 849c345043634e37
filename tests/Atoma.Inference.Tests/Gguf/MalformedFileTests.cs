using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Tests.Support;

namespace Atoma.Inference.Tests.Gguf;

/// <summary>Hostile files all the way into llama.cpp, where an assertion would end this process: typed errors, or a model that answers.</summary>
public sealed class MalformedFileTests : IDisposable
{
    private const int Files = 200;

    /// <summary>The header of the stories model: metadata, vocabulary and tensor entries.</summary>
    private const int HeaderBytes = 16_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("atoma-malformed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ModelFact]
    public async Task LoadAsync_TwoHundredMalformedFiles_TypedErrorsAndNoCrash()
    {
        var bytes = await File.ReadAllBytesAsync(TestModels.F16);
        var path = Path.Combine(_folder, "malformed.gguf");
        var (refused, loaded) = (0, 0);
        for (var file = 0; file < Files; file++)
        {
            await File.WriteAllBytesAsync(path, Malformed(bytes, new Random(file)));
            try
            {
                await using var engine = await TestModels.LoadAsync(TestModels.Options(path, slots: 1) with { ContextTokens = 64 });
                await Answers.GenerateAsync(engine, Answers.Task(engine, 0, maxTokens: 4));
                loaded++;
            }
            catch (Exception exception) when (exception is GgufException or InferenceException or Atoma.Protocol.Models.EngineRefusedException)
            {
                Assert.NotEmpty(exception.Message);
                refused++;
            }
        }

        Assert.Equal(Files, refused + loaded);
        Assert.InRange(refused, Files / 2, Files);
    }

    /// <summary>A quarter cut short, the others with one to sixteen bytes of the header overwritten by seeded noise or extremes.</summary>
    private static byte[] Malformed(byte[] bytes, Random random)
    {
        if (random.Next(4) == 0)
            return bytes[..random.Next(bytes.Length)];
        var changed = (byte[])bytes.Clone();
        for (var n = random.Next(1, 17); n > 0; n--)
            changed[random.Next(HeaderBytes)] = random.Next(3) switch { 0 => 0, 1 => 0xFF, _ => (byte)random.Next(256) };
        return changed;
    }
}
