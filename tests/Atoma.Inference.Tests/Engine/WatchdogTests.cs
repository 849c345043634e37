using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Engine;

/// <summary>The watchdog over a real engine thread; that the library does end a decode when asked is shown by <see cref="EngineLoopTests"/>.</summary>
public sealed class WatchdogTests
{
    [ModelFact]
    public async Task Watchdog_DecodeTakesTooLong_EndsItsTaskAndTheEngineGoesOn()
    {
        var limit = TimeSpan.FromSeconds(1);
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-q8_0.gguf", slots: 1));
        using (var watchdog = new Watchdog(engine.Loop, limit, () => { }, "test", NullLogger.Instance))
        {
            engine.Loop.Clock.Start(); // a decode that takes longer than it may, and ends before it is given up
            await Task.Delay(limit * 1.5);
            engine.Loop.Clock.Stop();
        }

        // What was asked to end is the next decode here: its task fails, and the one after it is served.
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => AnswerAsync(engine, [1, 300, 301]).WaitAsync(TestTimeouts.Answer));
        Assert.Equal(EngineRefusal.EngineFault, refused.Reason);
        Assert.NotEmpty(await AnswerAsync(engine, [1, 300, 301]).WaitAsync(TestTimeouts.Answer));
    }

    [ModelFact]
    public async Task Watchdog_DecodeCannotBeEnded_TheModelIsLoadedAgain()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-q8_0.gguf", slots: 1) with { DecodeSeconds = 1 });
        var before = await AnswerAsync(engine, [1, 300, 301]);
        engine.Loop.Clock.Start(); // as if the library did not come back
        var deadline = System.Diagnostics.Stopwatch.StartNew();
        var lost = engine.Loop;
        while (engine.Loop == lost && deadline.Elapsed < TestTimeouts.Answer)
            await Task.Delay(50);
        Assert.NotSame(lost, engine.Loop);
        Assert.Equal(before, await RetriedAsync(engine, [1, 300, 301]).WaitAsync(TestTimeouts.Answer));
    }

    /// <summary>Between the loop and the thread that serve it there is a moment in which it is still refused.</summary>
    private static async Task<List<int>> RetriedAsync(LlamaEngine engine, int[] prompt)
    {
        while (true)
        {
            try
            {
                return await AnswerAsync(engine, prompt);
            }
            catch (EngineRefusedException e) when (e.Reason == EngineRefusal.EngineFault)
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task<List<int>> AnswerAsync(LlamaEngine engine, int[] prompt)
    {
        var tokens = new List<int>();
        var task = new GenerationTask(Hash32.Zero, prompt, new SamplingParameters { MaxTokens = 8, Temperature = 0, IgnoreEndOfSequence = true });
        await foreach (var step in engine.GenerateAsync(task, CancellationToken.None))
            tokens.Add(step.Evidence.Token);
        return tokens;
    }
}
