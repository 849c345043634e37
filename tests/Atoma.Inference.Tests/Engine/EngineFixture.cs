using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>One engine of the F16 stories model for a class of tests, and what it answers when alone.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private readonly Dictionary<(int, double, int), Transcript> _alone = [];

    internal LlamaEngine Engine { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (TestModels.Missing is null)
            Engine = await TestModels.LoadAsync("stories260K-f16.gguf");
    }

    /// <summary>The answer to prompt <paramref name="index"/> computed with nothing else running.</summary>
    internal async Task<Transcript> AloneAsync(int index, double temperature = 1, int maxTokens = 48)
    {
        if (!_alone.TryGetValue((index, temperature, maxTokens), out var answer))
        {
            answer = await Answers.GenerateAsync(Engine, Answers.Task(Engine, index, temperature, maxTokens));
            _alone.Add((index, temperature, maxTokens), answer);
        }

        return answer;
    }

    public async Task DisposeAsync()
    {
        if (Engine is not null)
            await Engine.DisposeAsync();
    }
}
