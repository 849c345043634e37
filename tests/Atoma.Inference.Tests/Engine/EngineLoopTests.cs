using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Engine;

/// <summary>The loop turned by hand on the test's own thread: what happens in which turn.</summary>
public sealed class EngineLoopTests : IDisposable
{
    private const int Slots = 3;
    private const int ChunkTokens = 16;

    private readonly Stack<IDisposable> _open = [];
    private readonly Inbox _inbox = new(generationLimit: 2, checkLimit: 2);
    private readonly EngineLoop _loop = null!;
    private readonly LlamaTokenizer _tokenizer = null!;

    public EngineLoopTests()
    {
        if (TestModels.Missing is not null)
            return;
        TestModels.InitialiseLibrary();
        var file = GgufModel.Open(TestModels.F16);
        var recipe = ContextRecipe.For(file, EngineMode.Invariant);
        var model = Keep(ModelLoader.LoadWeights(file, recipe));
        _tokenizer = Keep(new LlamaTokenizer(model));
        var shape = new ContextShape(Slots + 1, 512, ChunkTokens, ChunkTokens, 1);
        _loop = Keep(new EngineLoop(
            () => new DecodeContext(model, recipe, shape, _tokenizer.VocabularySize), _inbox, shape, prefixReuse: true, "test", NullLogger.Instance));
    }

    [ModelFact]
    public void Turn_ShortPrompt_GivesTheFirstTwoTokensAtOnce()
    {
        var job = Add(promptTokens: 10);
        _loop.Turn();
        Assert.Equal(2, Taken(job)); // one from the prompt's last row, one from the step after it
        _loop.Turn();
        Assert.Equal(1, Taken(job));
    }

    [ModelFact]
    public void Turn_LongPromptArrives_RunningStreamGetsATokenEachTurn()
    {
        var running = Add(promptTokens: 4);
        _loop.Turn();
        Taken(running);
        var arriving = Add(promptTokens: 10 * ChunkTokens);
        for (var turn = 0; turn < 9; turn++)
        {
            _loop.Turn();
            Assert.Equal(1, Taken(running));
            Assert.Equal(0, Taken(arriving));
        }

        _loop.Turn();
        Assert.Equal(2, Taken(arriving));
    }

    [ModelFact]
    public void Turn_JobCancelled_EndsBeforeTheNextStepAndOthersGoOn()
    {
        var (doomed, other) = (Add(promptTokens: 4), Add(promptTokens: 4));
        _loop.Turn();
        Taken(doomed);
        doomed.Cancel();
        Taken(other);
        _loop.Turn();
        Assert.Equal(0, Taken(doomed));
        Assert.True(doomed.Steps.Completion.IsFaulted || doomed.Steps.Completion.IsCanceled);
        Assert.Equal(1, Taken(other));
        Assert.Equal(1, _loop.Busy);
    }

    [ModelFact]
    public void Turn_CancelledWhilePrefilling_FreesTheSlotForTheNext()
    {
        var doomed = Add(promptTokens: 20 * ChunkTokens);
        _loop.Turn();
        doomed.Cancel();
        var next = Add(promptTokens: 4);
        _loop.Turn();
        Assert.Equal(2, Taken(next));
        Assert.Equal(1, _loop.Busy);
    }

    [ModelFact]
    public void Add_QueueFull_IsRefusedUntilAWaitingJobIsCancelled()
    {
        for (var i = 0; i < Slots; i++)
            Add(promptTokens: 4);
        _loop.Turn();
        var waiting = Add(promptTokens: 4);
        Add(promptTokens: 4);
        Assert.Equal(EngineRefusal.QueueFull, Assert.Throws<EngineRefusedException>(() => Add(promptTokens: 4)).Reason);

        waiting.Cancel();
        _loop.Turn();
        Assert.Equal(1, _inbox.Waiting);
        Add(promptTokens: 4);
    }

    [ModelFact]
    public async Task Turn_ChecksAndPromptsWait_TheyTakeTurns()
    {
        // Two long checks and two long prompts: none may be left until the others are done.
        var job = Add(promptTokens: 12 * ChunkTokens);
        var check = AddCheck(promptTokens: 12 * ChunkTokens);
        for (var turn = 0; turn < 24; turn++)
            _loop.Turn();
        Assert.True(Taken(job) > 0);
        Assert.True(check.Outcome.IsCompleted);
        Assert.Equal(Verdict.Mismatch, (await check.Outcome).Verdict); // it was made up
    }

    [ModelFact]
    public void Turn_CheckCancelled_EndsIt()
    {
        var check = AddCheck(promptTokens: 12 * ChunkTokens);
        _loop.Turn();
        check.Cancel();
        _loop.Turn();
        Assert.True(check.Outcome.IsCanceled);
    }

    [ModelFact]
    public void Turn_PromptBeginsLikeAnEarlierOne_ComputesOnlyTheRest()
    {
        var first = Add(promptTokens: 6 * ChunkTokens);
        for (var turn = 0; turn < 6; turn++)
            _loop.Turn();
        first.Cancel();
        var second = Add(promptTokens: 7 * ChunkTokens);
        _loop.Turn();
        Assert.Equal(2, Taken(second)); // one chunk was left
        Assert.Equal(6 * ChunkTokens, _loop.ReusedTokens);
    }

    [ModelFact]
    public void Turn_SamePromptWhileTheFirstRuns_IsCopiedAndGivesTheSameAnswer()
    {
        var (first, second) = (Add(promptTokens: 6 * ChunkTokens), (GenerationJob?)null);
        for (var turn = 0; turn < 6; turn++)
            _loop.Turn();
        second = Add(promptTokens: 6 * ChunkTokens);
        for (var turn = 0; turn < 20; turn++)
            _loop.Turn();
        Assert.Equal(6 * ChunkTokens - 1, _loop.ReusedTokens); // its last token's row is what the first answer token comes from
        var (expected, actual) = (Steps(first), Steps(second));
        Assert.NotEmpty(actual);
        Assert.Equal(expected.Take(actual.Count), actual);
    }

    [ModelFact]
    public void Turn_DecodeIsAborted_FailsWhatRunsAndServesWhatWaits()
    {
        var (running, check) = (Add(promptTokens: 4), AddCheck(promptTokens: 12 * ChunkTokens));
        _loop.Turn();
        Taken(running);
        _loop.AbortDecode();
        _loop.Turn();
        Assert.Equal(EngineRefusal.EngineFault, Assert.IsType<EngineRefusedException>(running.Steps.Completion.Exception!.InnerException).Reason);
        Assert.Equal(EngineRefusal.EngineFault, Assert.IsType<EngineRefusedException>(check.Outcome.Exception!.InnerException).Reason);
        Assert.Equal(0, _loop.Busy);

        var next = Add(promptTokens: 10);
        _loop.Turn();
        Assert.Equal(2, Taken(next));
    }

    [ModelFact]
    public void Run_Closed_EndsEveryJobByType()
    {
        var (running, check) = (Add(promptTokens: 4), AddCheck(promptTokens: 4));
        _inbox.Close(EngineRefusal.Stopping);
        _loop.Run();
        Assert.Equal(EngineRefusal.Stopping, Assert.IsType<EngineRefusedException>(running.Steps.Completion.Exception!.InnerException).Reason);
        Assert.Equal(EngineRefusal.Stopping, Assert.IsType<EngineRefusedException>(check.Outcome.Exception!.InnerException).Reason);
        Assert.Equal(EngineRefusal.Stopping, Assert.Throws<EngineRefusedException>(() => Add(promptTokens: 4)).Reason);
    }

    public void Dispose()
    {
        while (_open.TryPop(out var last))
            last.Dispose();
    }

    private T Keep<T>(T disposable)
        where T : IDisposable
    {
        _open.Push(disposable);
        return disposable;
    }

    private GenerationJob Add(int promptTokens)
    {
        var job = new GenerationJob(Task(promptTokens), State(Task(promptTokens)), Rule(Task(promptTokens)));
        _inbox.Add(job, Slots - _loop.Busy);
        return job;
    }

    private CheckJob AddCheck(int promptTokens)
    {
        var task = Task(promptTokens);
        var positions = Enumerable.Range(0, 8).Select(i => new PositionEvidence([new EvidenceEntry(300 + i, 0)]));
        var claimed = new Transcript(Hash32.Zero, task.Prompt, task.Parameters, [new TranscriptChunk([.. positions])], FinishReason.Length);
        var state = State(task);
        var job = new CheckJob(task, new ScoreComparison([]), claimed.Output, 0, state, new AnswerComparison(claimed, Rule(task)), _tokenizer.VocabularySize);
        _inbox.Add(job);
        return job;
    }

    private static GenerationTask Task(int promptTokens) => new(
        Hash32.Zero,
        [1, .. Enumerable.Range(0, promptTokens - 1).Select(i => 300 + i % 200)],
        new SamplingParameters { MaxTokens = 100, IgnoreEndOfSequence = true, Seed = 11 });

    private static SamplingState State(GenerationTask task) => new(task.Parameters, task.Prompt);

    private FinishRule Rule(GenerationTask task) => new(task.Parameters, new HashSet<int>(_tokenizer.EndOfGeneration), _tokenizer);

    private static List<PositionEvidence> Steps(GenerationJob job)
    {
        var steps = new List<PositionEvidence>();
        while (job.Steps.TryRead(out var step))
            steps.Add(step.Evidence);
        return steps;
    }

    /// <summary>Steps that arrived since the last look.</summary>
    private static int Taken(GenerationJob job)
    {
        var count = 0;
        while (job.Steps.TryRead(out _))
            count++;
        return count;
    }
}
