using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>The benchmark soak, shorter: requests that are cancelled or left disturb nobody and leave nothing behind.</summary>
public class SoakTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const int Requests = 300;
    private const int Concurrency = 32;
    private const int Tasks = 12;

    [ModelFact]
    public async Task GenerateAsync_ManyCancelledAndLeft_DisturbNobodyAndLeaveNothing()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 6) with { ContextTokens = 128, QueueLimit = Concurrency });
        var alone = new Transcript[Tasks];
        for (var i = 0; i < Tasks; i++)
            alone[i] = await fixture.AloneAsync(i, maxTokens: 8 + i * 3);
        var (whole, stopped) = (0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (request, cancellationToken) =>
        {
            var dice = Prf.Philox(1, (uint)request, 0);
            var index = (int)(dice % Tasks);
            var task = Answers.Task(engine, index, maxTokens: 8 + index * 3);
            var stopAfter = (int)((dice >> 32) % 24);
            switch ((dice >> 16) % 4)
            {
                case 0:
                    await CancelAsync(engine, task, alone[index], stopAfter);
                    Interlocked.Increment(ref stopped);
                    break;
                case 1:
                    await ReadAsync(engine, task, alone[index], stopAfter, cancellationToken);
                    Interlocked.Increment(ref stopped);
                    break;
                default:
                    Assert.Equal(alone[index].Digest(), (await Answers.GenerateAsync(engine, task, cancellationToken)).Digest());
                    Interlocked.Increment(ref whole);
                    break;
            }
        });

        // A whole answer after the last cancel: the engine takes the cancel in before it.
        Assert.Equal(alone[0].Digest(), (await Answers.GenerateAsync(engine, Answers.Task(engine, 0, maxTokens: 8))).Digest());
        Assert.Equal((0, 0), (engine.Capacity.Busy, engine.Capacity.Queued));
        Assert.Equal(Requests, whole + stopped);
        Assert.InRange(stopped, Requests / 4, Requests);
    }

    private static async Task CancelAsync(LlamaEngine engine, GenerationTask task, Transcript alone, int stopAfter)
    {
        using var cancel = new CancellationTokenSource();
        try
        {
            await ReadAsync(engine, task, alone, int.MaxValue, cancel.Token, position =>
            {
                if (position == stopAfter)
                    cancel.Cancel();
            });
        }
        catch (OperationCanceledException)
        {
            // What was asked for.
        }
    }

    /// <summary>Every step that comes is the one that comes when alone, though its evidence is not thinned yet.</summary>
    private static async Task ReadAsync(LlamaEngine engine, GenerationTask task, Transcript alone, int most, CancellationToken cancellationToken, Action<int>? after = null)
    {
        PositionEvidence[] expected = [.. alone.Positions];
        var position = 0;
        await foreach (var step in engine.GenerateAsync(task, cancellationToken))
        {
            Assert.Equal(expected[position].Entries, step.Evidence.Entries.Take(expected[position].Entries.Count));
            after?.Invoke(position);
            if (position++ == most)
                return;
        }
    }
}
