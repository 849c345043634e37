using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

public class LlamaEngineTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private LlamaEngine Engine => fixture.Engine;

    public static TheoryData<string> Models() => [.. TestModels.Present];

    [ModelTheory]
    [MemberData(nameof(Models))]
    public async Task CheckAsync_HonestAnswer_Matches(string model)
    {
        await using var engine = await TestModels.LoadAsync(model);
        foreach (var temperature in new[] { 0.0, 1.0 })
        {
            for (var i = 0; i < 3; i++)
            {
                var task = Answers.Task(engine, i, temperature, maxTokens: 70);
                var answer = await Answers.GenerateAsync(engine, task);
                Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, task, answer));
                Assert.Null(Stage1.Replay(answer, engine.Model.EndOfGeneration.ToHashSet()));
            }
        }
    }

    [ModelTheory]
    [MemberData(nameof(Models))]
    public async Task GenerateAsync_EightAtOnce_EachAnswersAsWhenAlone(string model)
    {
        await using var engine = await TestModels.LoadAsync(model);
        var alone = new List<Transcript>();
        for (var i = 0; i < 8; i++)
            alone.Add(await Answers.GenerateAsync(engine, Answers.Task(engine, i)));
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Answers.GenerateAsync(engine, Answers.Task(engine, i))));
        for (var i = 0; i < 8; i++)
            Assert.Equal(alone[i].Digest(), together[i].Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_MoreThanSlots_AllAreAnsweredAsWhenAlone()
    {
        await using var small = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 3) with { ChunkTokens = 8 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Answers.GenerateAsync(small, Answers.Task(small, i, maxTokens: 24))));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal((await fixture.AloneAsync(i, maxTokens: 24)).Digest(), answers[i].Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_OneSlot_AnswersAsWithEight()
    {
        await using var single = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 1) with { ContextTokens = 256 });
        Assert.Equal(Engine.Echelon.Id(), single.Echelon.Id());
        Assert.Equal((await fixture.AloneAsync(0)).Digest(), (await Answers.GenerateAsync(single, Answers.Task(single, 0))).Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_LongPromptInAnyChunks_GivesTheSameAnswer()
    {
        var prompt = string.Join(' ', Enumerable.Range(0, 30).Select(Answers.Opening));
        var parameters = new SamplingParameters { MaxTokens = 16, Seed = 5 };
        var expected = await Answers.GenerateAsync(Engine, Answers.Task(Engine, prompt, parameters));
        Assert.True(expected.Prompt.Count > 200);
        foreach (var chunk in new[] { 2, 17, 64 })
        {
            await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 2) with { ChunkTokens = chunk });
            var task = Answers.Task(engine, prompt, parameters);
            var answer = await Answers.GenerateAsync(engine, task);
            Assert.Equal(expected.Digest(), answer.Digest());
            Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, task, expected));
        }
    }

    [ModelFact]
    public async Task GenerateAsync_OtherSeed_GivesAnotherAnswer()
    {
        var task = Answers.Task(Engine, 0);
        var other = task with { Parameters = task.Parameters with { Seed = task.Parameters.Seed + 1 } };
        Assert.NotEqual((await fixture.AloneAsync(0)).Output, (await Answers.GenerateAsync(Engine, other)).Output);
    }

    [ModelFact]
    public async Task GenerateAsync_PromptOfOneToken_IsAnsweredAndChecked()
    {
        var task = new GenerationTask(Hash32.Zero, [1], new SamplingParameters { MaxTokens = 20, Seed = 3 });
        var answer = await Answers.GenerateAsync(Engine, task);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task GenerateAsync_ChecksInBetween_DoNotDisturb()
    {
        var task = Answers.Task(Engine, 3);
        var answer = await fixture.AloneAsync(3);
        var checks = Enumerable.Range(0, 6).Select(_ => Answers.CheckAsync(Engine, task, answer)).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Answers.GenerateAsync(Engine, Answers.Task(Engine, i))));
        Assert.All(await Task.WhenAll(checks), outcome => Assert.Equal(CheckOutcome.Match, outcome));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal((await fixture.AloneAsync(i)).Digest(), answers[i].Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_SlowReader_HoldsUpNobody()
    {
        await using var slow = Engine.GenerateAsync(Answers.Task(Engine, 1), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync().AsTask().WaitAsync(TestTimeouts.Answer));
        var first = slow.Current;
        var other = await Answers.GenerateAsync(Engine, Answers.Task(Engine, 2)); // ends while the first is not read
        Assert.Equal((await fixture.AloneAsync(2)).Digest(), other.Digest());

        var builder = new TranscriptBuilder(Engine.Model.Digest, Answers.Task(Engine, 1).Prompt, Answers.Task(Engine, 1).Parameters);
        builder.Add(first.Evidence);
        while (await slow.MoveNextAsync().AsTask().WaitAsync(TestTimeouts.Answer))
            builder.Add(slow.Current.Evidence);
        Assert.Equal((await fixture.AloneAsync(1)).Digest(), builder.Finish(FinishReason.Length).Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_Cancelled_EndsThatOneAndFreesItsSlot()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 2) with { QueueLimit = 1 });
        using var cancel = new CancellationTokenSource();
        await using var doomed = engine.GenerateAsync(Answers.Task(engine, 0, maxTokens: 400), cancel.Token).GetAsyncEnumerator();
        Assert.True(await doomed.MoveNextAsync().AsTask().WaitAsync(TestTimeouts.Answer));
        var running = Answers.GenerateAsync(engine, Answers.Task(engine, 1, maxTokens: 200));

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await doomed.MoveNextAsync().AsTask().WaitAsync(TestTimeouts.Answer))
            {
            }
        });

        // Only a freed slot lets this one run while the other goes on.
        var next = await Answers.GenerateAsync(engine, Answers.Task(engine, 2));
        Assert.Equal((await fixture.AloneAsync(2)).Digest(), next.Digest());
        Assert.Equal((await fixture.AloneAsync(1, maxTokens: 200)).Digest(), (await running).Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_ReaderThatStopsReading_FreesItsSlot()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 1) with { QueueLimit = 1 });
        await foreach (var _ in engine.GenerateAsync(Answers.Task(engine, 0, maxTokens: 400), CancellationToken.None))
            break;
        Assert.Equal((await fixture.AloneAsync(1)).Digest(), (await Answers.GenerateAsync(engine, Answers.Task(engine, 1))).Digest());
    }

    [ModelFact]
    public async Task GenerateAsync_ManyMoreThanTheQueueHolds_SomeAreRefusedAndTheRestAnswered()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf", slots: 1) with { QueueLimit = 1 });
        var tasks = Enumerable.Range(0, 40).Select(_ => Answers.GenerateAsync(engine, Answers.Task(engine, 0))).ToArray();
        await Task.WhenAll(tasks).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(TestTimeouts.Answer);
        var refused = tasks.Where(t => t.IsFaulted).Select(t => Assert.IsType<EngineRefusedException>(t.Exception!.InnerException)).ToArray();
        Assert.NotEmpty(refused);
        Assert.All(refused, r => Assert.Equal(EngineRefusal.QueueFull, r.Reason));
        var expected = (await fixture.AloneAsync(0)).Digest();
        Assert.All(tasks.Where(t => !t.IsFaulted), t => Assert.Equal(expected, t.Result.Digest()));
        Assert.Equal(new EngineCapacity(1, 0, 0, 1), engine.Capacity);
    }

    [ModelFact]
    public async Task GenerateAsync_BadTasks_AreRefusedByType()
    {
        var good = Answers.Task(Engine, 0);
        await Refused(EngineRefusal.BadPrompt, good with { Prompt = [] });
        await Refused(EngineRefusal.BadPrompt, good with { Prompt = [1, 512] });
        await Refused(EngineRefusal.BadPrompt, good with { Prompt = [-1] });
        await Refused(EngineRefusal.BadPrompt, good with { Parameters = good.Parameters with { Temperature = 3 } });
        await Refused(EngineRefusal.ContextExceeded, good with { Parameters = good.Parameters with { MaxTokens = 512 } });

        async Task Refused(EngineRefusal reason, GenerationTask task)
        {
            Assert.Equal(reason, (await Assert.ThrowsAsync<EngineRefusedException>(() => Answers.GenerateAsync(Engine, task))).Reason);
            var claimed = new Transcript(Engine.Model.Digest, task.Prompt, task.Parameters, [], FinishReason.Length);
            Assert.Equal(reason, (await Assert.ThrowsAsync<EngineRefusedException>(() => Answers.CheckAsync(Engine, task, claimed))).Reason);
        }
    }

    [ModelFact]
    public async Task GenerateAsync_WholeContext_IsFilledToTheLastToken()
    {
        var prompt = Engine.Tokenizer.Tokenize("Once upon a time");
        var task = new GenerationTask(Hash32.Zero, prompt, new SamplingParameters { MaxTokens = 512 - prompt.Length, IgnoreEndOfSequence = true });
        var answer = await Answers.GenerateAsync(Engine, task);
        Assert.Equal(512 - prompt.Length, answer.OutputCount);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task DisposeAsync_WhileGenerating_EndsTheStreamByType()
    {
        var engine = await TestModels.LoadAsync("stories260K-f16.gguf", slots: 2);
        await using var running = engine.GenerateAsync(Answers.Task(engine, 0, maxTokens: 480), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync().AsTask().WaitAsync(TestTimeouts.Answer));
        await engine.DisposeAsync().AsTask().WaitAsync(TestTimeouts.Load);
        var refusal = await Assert.ThrowsAsync<EngineRefusedException>(async () =>
        {
            while (await running.MoveNextAsync())
            {
            }
        });
        Assert.Equal(EngineRefusal.Stopping, refusal.Reason);
    }

    [ModelFact]
    public async Task LoadAsync_OptionsOutOfRange_NamesThemAll()
    {
        var options = TestModels.Options("stories260K-f16.gguf") with { Slots = 0, Threads = 0, ChunkTokens = 1 };
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => TestModels.LoadAsync(options));
        Assert.Contains("Slots", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Threads", exception.Message, StringComparison.Ordinal);
        Assert.Contains("ChunkTokens", exception.Message, StringComparison.Ordinal);
    }
}
