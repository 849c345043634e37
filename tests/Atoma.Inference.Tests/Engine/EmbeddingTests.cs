using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>Embeddings are the same bits whatever else is computed, and checks see any other.</summary>
public class EmbeddingTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 6).Select(Answers.Opening), string.Join(' ', Enumerable.Range(0, 20).Select(Answers.Opening))];

    private LlamaEngine Engine => fixture.Engine;

    public static TheoryData<string> Models() => [.. TestModels.Present];

    [ModelTheory]
    [MemberData(nameof(Models))]
    public async Task EmbedAsync_WhateverElseRuns_GivesTheSameBitsAndChecks(string model)
    {
        await using var engine = await TestModels.LoadAsync(model);
        var task = Task(engine, Texts);
        var quiet = await EmbedAsync(engine, task);
        Assert.Null(EmbeddingRules.Replay(quiet, engine.Model.EmbeddingLength));

        // Beside streams, beside each other, one by one, and in other chunks.
        var streams = Enumerable.Range(0, 8).Select(i => Answers.GenerateAsync(engine, Answers.Task(engine, i, maxTokens: 70))).ToArray();
        var crowded = await System.Threading.Tasks.Task.WhenAll(Enumerable.Range(0, 3).Select(_ => EmbedAsync(engine, task)));
        Assert.All(crowded, c => Assert.Equal(quiet.Digest(), c.Digest()));
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, task, quiet));
        await System.Threading.Tasks.Task.WhenAll(streams);
        for (var i = 0; i < Texts.Length; i++)
            Assert.Equal(quiet.Vectors[i], (await EmbedAsync(engine, Task(engine, [Texts[i]]))).Vectors[0]);
        foreach (var chunk in new[] { 2, 13 })
        {
            await using var other = await TestModels.LoadAsync(TestModels.Options(model, slots: 1) with { ChunkTokens = chunk });
            Assert.Equal(quiet.Digest(), (await EmbedAsync(other, task)).Digest());
            Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(other, task, quiet));
        }
    }

    [ModelFact]
    public async Task EmbedAsync_BetweenAnswers_DoesNotDisturbThem()
    {
        await EmbedAsync(Engine, Task(Engine, Texts));
        var answers = Enumerable.Range(0, 4).Select(i => Answers.GenerateAsync(Engine, Answers.Task(Engine, i))).ToArray();
        await EmbedAsync(Engine, Task(Engine, Texts));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal((await fixture.AloneAsync(i)).Digest(), (await answers[i]).Digest());
    }

    [ModelFact]
    public async Task EmbedAsync_EqualAndOtherTexts_AreNearestToThemselves()
    {
        var vectors = (await EmbedAsync(Engine, Task(Engine, [Texts[0], Texts[1], Texts[0]]))).Vectors;
        Assert.Equal(vectors[0], vectors[2]);
        Assert.Equal(1, EmbeddingVector.Cosine(vectors[0].Values, vectors[2].Values), 1e-6);
        Assert.True(EmbeddingVector.Cosine(vectors[0].Values, vectors[1].Values) < 0.999);
    }

    [ModelFact]
    public async Task CheckAsync_OneBitChanged_IsAMismatchAtThatVector()
    {
        var task = Task(Engine, Texts);
        var honest = await EmbedAsync(Engine, task);
        float[] bent = [.. honest.Vectors[2].Values];
        bent[5] = MathF.BitIncrement(bent[5]);
        var outcome = await Answers.CheckAsync(Engine, task, honest with { Vectors = [.. honest.Vectors.Take(2), new(bent), .. honest.Vectors.Skip(3)] });
        Assert.Equal((Verdict.Mismatch, 2), (outcome.Verdict, outcome.Position));
    }

    [ModelFact]
    public async Task CheckAsync_NotTheTasks_IsAMismatch()
    {
        var task = Task(Engine, Texts);
        var honest = await EmbedAsync(Engine, task);
        Transcript[] others =
        [
            honest with { Model = Hash32.Zero }, honest with { Vectors = [.. honest.Vectors.Take(3)] }, honest with { Finish = FinishReason.EndOfSequence },
            honest with { Parameters = task.Parameters with { Seed = 1 } }, honest with { Prompt = [.. task.Prompt.Skip(1), 5] },
        ];
        foreach (var other in others)
            Assert.Equal(Verdict.Mismatch, (await Answers.CheckAsync(Engine, task, other)).Verdict);

        // An answer is not to be passed off as embeddings, nor the other way round.
        var asked = Answers.Task(Engine, 0);
        Assert.Equal(Verdict.Mismatch, (await Answers.CheckAsync(Engine, asked, honest with { Prompt = asked.Prompt, Parameters = asked.Parameters })).Verdict);
    }

    [ModelFact]
    public async Task EmbedAsync_OtherWeights_GiveOtherVectors()
    {
        await using var quantised = await TestModels.LoadAsync("stories260K-q8_0.gguf");
        var task = Task(Engine, [Texts[0]]);
        var claimed = await EmbedAsync(quantised, task) with { Model = Engine.Model.Digest };
        Assert.Equal(Verdict.Mismatch, (await Answers.CheckAsync(Engine, task, claimed)).Verdict);
    }

    [ModelFact]
    public async Task EmbedAsync_FileSaysHowToPool_IsDoneSo()
    {
        await using var last = await PooledAsync(3);
        await using var rank = await PooledAsync(4);
        var task = Task(last, [Texts[0]]);
        var vector = (await EmbedAsync(last, task)).Vectors[0];
        Assert.NotEqual((await EmbedAsync(Engine, task)).Vectors[0], vector);
        // One token is its own mean and its own last.
        var one = task with { Prompt = [5], Parameters = task.Parameters with { InputLengths = [1] } };
        Assert.Equal((await EmbedAsync(Engine, one)).Vectors[0], (await EmbedAsync(last, one)).Vectors[0]);

        Assert.Equal(0, rank.Model.EmbeddingLength);
        Assert.Equal(EngineRefusal.BadPrompt, (await Assert.ThrowsAsync<EngineRefusedException>(() => EmbedAsync(rank, one))).Reason);
    }

    private static Task<LlamaEngine> PooledAsync(uint pooling)
    {
        var path = GgufEditor.Open(TestModels.F16).Set("llama.pooling_type", GgufEditor.Number(pooling)).Save($"pooled-{pooling}.gguf");
        return TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf") with { ModelPath = path });
    }

    [ModelFact]
    public async Task EmbedAsync_BadTasks_AreRefusedWithTheReason()
    {
        var good = Task(Engine, ["One day, Lily"]);
        await RefusedAsync(EngineRefusal.BadPrompt, good with { Parameters = new SamplingParameters() });
        await RefusedAsync(EngineRefusal.BadPrompt, good with { Parameters = good.Parameters with { InputLengths = [good.Prompt.Count + 1] } });
        await RefusedAsync(EngineRefusal.BadPrompt, good with { Parameters = good.Parameters with { MaxTokens = 1 } });
        await RefusedAsync(EngineRefusal.BadPrompt, good with { Prompt = [-1], Parameters = good.Parameters with { InputLengths = [1] } });
        int[] tooLong = [.. Enumerable.Repeat(5, Engine.ContextTokens + 1)];
        await RefusedAsync(EngineRefusal.ContextExceeded, good with { Prompt = tooLong, Parameters = good.Parameters with { InputLengths = [tooLong.Length] } });
        Assert.Equal(EngineRefusal.BadPrompt, (await Assert.ThrowsAsync<EngineRefusedException>(() => Answers.GenerateAsync(Engine, good))).Reason);

        // The longest that fits does.
        int[] longest = tooLong[1..];
        Assert.Single((await EmbedAsync(Engine, good with { Prompt = longest, Parameters = good.Parameters with { InputLengths = [longest.Length] } })).Vectors);
    }

    [ModelFact]
    public async Task EmbedAsync_Cancelled_EndsAndOthersGoOn()
    {
        using var cancelled = new CancellationTokenSource();
        var doomed = Engine.EmbedAsync(Task(Engine, Enumerable.Repeat(Texts[^1], 64)), cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => doomed);
        Assert.Single((await EmbedAsync(Engine, Task(Engine, [Texts[0]]))).Vectors);
    }

    private static GenerationTask Task(LlamaEngine engine, IEnumerable<string> texts)
    {
        int[][] inputs = [.. texts.Select(engine.Tokenizer.Tokenize)];
        return new(Hash32.Sha256("embedding"u8), [.. inputs.SelectMany(i => i)], new SamplingParameters { MaxTokens = 0, InputLengths = [.. inputs.Select(i => i.Length)] });
    }

    private static async Task<Transcript> EmbedAsync(LlamaEngine engine, GenerationTask task) =>
        Transcript.OfVectors(engine.Model.Digest, task.Prompt, task.Parameters, await engine.EmbedAsync(task, CancellationToken.None).WaitAsync(TestTimeouts.Answer));

    private async Task RefusedAsync(EngineRefusal reason, GenerationTask task) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<EngineRefusedException>(() => EmbedAsync(Engine, task))).Reason);
}
