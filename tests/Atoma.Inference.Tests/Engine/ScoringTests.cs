using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>Probabilities of a prompt are the bits that generating the same tokens shows, whatever else is computed, and checks see any other.</summary>
public class ScoringTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const int Likeliest = 5;

    private static readonly string Text = string.Join(' ', Enumerable.Range(0, 8).Select(Answers.Opening));

    private LlamaEngine Engine => fixture.Engine;

    public static TheoryData<string> Models() => [.. TestModels.Present];

    [ModelTheory]
    [MemberData(nameof(Models))]
    public async Task ScoreAsync_TokensOfAnAnswer_AreItsEvidenceWhateverElseRuns(string model)
    {
        await using var engine = await TestModels.LoadAsync(model);
        var answer = await Answers.GenerateAsync(engine, Answers.Task(engine, Text, new SamplingParameters { Seed = 3, MaxTokens = 60, TopLogprobs = Likeliest, IgnoreEndOfSequence = true }));
        var task = Scoring(answer.Prompt, answer.Output);

        // A sequence holds all of this prompt: its rows are wanted all the same.
        var quiet = await AnswerAsync(engine, task);
        Assert.Null(Stage1.Replay(quiet, engine.Model.EndOfGeneration.ToHashSet()));
        Assert.Equal(answer.Positions.Select(p => p.Shown), quiet.PromptChunks.SelectMany(c => c.Positions).Skip(answer.Prompt.Count - 1));

        var streams = Enumerable.Range(0, 8).Select(i => Answers.GenerateAsync(engine, Answers.Task(engine, i, maxTokens: 70))).ToArray();
        var crowded = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => AnswerAsync(engine, task)));
        Assert.All(crowded, c => Assert.Equal(quiet.Digest(), c.Digest()));
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, task, quiet));
        await Task.WhenAll(streams);
        foreach (var chunk in new[] { 2, 13 })
        {
            await using var other = await TestModels.LoadAsync(TestModels.Options(model, slots: 1) with { ChunkTokens = chunk });
            Assert.Equal(quiet.Digest(), (await AnswerAsync(other, task)).Digest());
            Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(other, task, quiet));
        }
    }

    [ModelFact]
    public async Task GenerateAsync_AfterScoring_ComputesThePromptOnceAndAnswersTheSame()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Options("stories260K-f16.gguf"));
        var task = Scoring(engine.Tokenizer.Tokenize(Text), [], maxTokens: 40);
        var scored = await AnswerAsync(engine, task);
        Assert.Equal(task.Prompt.Count - 1, engine.ReusedTokens);

        var plain = await Answers.GenerateAsync(Engine, task with { Parameters = task.Parameters with { ScorePrompt = false } });
        Assert.Equal(plain.Chunks, scored.Chunks);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, scored));
        // The same work again: nothing of the prompt may be taken from a sequence that holds it.
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, task, scored));
        Assert.Equal(task.Prompt.Count - 1, engine.ReusedTokens);
    }

    [ModelTheory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(33, 0)]
    [InlineData(-1, 0)]
    [InlineData(33, 12)]
    public async Task CheckAsync_OneProbabilityChanged_IsAMismatchThere(int index, int maxTokens)
    {
        var task = Scoring(Engine.Tokenizer.Tokenize(Text), [], maxTokens);
        var honest = await AnswerAsync(Engine, task);
        PositionEvidence[] scores = [.. honest.PromptChunks.SelectMany(c => c.Positions)];
        index = index < 0 ? scores.Length - 1 : index;
        var last = scores[index].Likeliest[^1];
        scores[index] = scores[index] with { Likeliest = [.. scores[index].Likeliest.SkipLast(1), last with { Quanta = (ushort)(last.Quanta + 1) }] };
        if (scores[index].Token == last.Token)
            scores[index] = scores[index] with { Entries = [scores[index].Likeliest[^1]] };
        var outcome = await Answers.CheckAsync(Engine, task, honest with { PromptChunks = PromptScores.Chunked(scores) });
        Assert.Equal((Verdict.Mismatch, 0), (outcome.Verdict, outcome.Position));
        Assert.Contains($"token {index + 1} of the prompt", outcome.Reason, StringComparison.Ordinal);
    }

    [ModelFact]
    public async Task CheckAsync_ScoredAnswerWithAWrongToken_IsAMismatchThere()
    {
        var task = Scoring(Engine.Tokenizer.Tokenize(Text), [], maxTokens: 12);
        var honest = await AnswerAsync(Engine, task);
        PositionEvidence[] positions = [.. honest.Positions];
        positions[7] = positions[7] with { Entries = [positions[7].Entries[1], positions[7].Entries[0], .. positions[7].Entries.Skip(2)] };
        var outcome = await Answers.CheckAsync(Engine, task, honest.With(positions));
        Assert.Equal((Verdict.Mismatch, 7), (outcome.Verdict, outcome.Position));
    }

    [ModelFact]
    public async Task CheckAsync_ScoresLeftOutOrNotAskedFor_AreAMismatch()
    {
        var task = Scoring(Engine.Tokenizer.Tokenize(Text), [], maxTokens: 12);
        var honest = await AnswerAsync(Engine, task);
        Assert.Equal(Verdict.Mismatch, (await Answers.CheckAsync(Engine, task, honest with { PromptChunks = [] })).Verdict);
        var plain = task with { Parameters = task.Parameters with { ScorePrompt = false } };
        Assert.Equal(Verdict.Mismatch, (await Answers.CheckAsync(Engine, plain, honest with { Parameters = plain.Parameters })).Verdict);
        var alone = Scoring(task.Prompt, []);
        Assert.Equal(Verdict.Mismatch, (await Answers.CheckAsync(Engine, alone, honest with { Parameters = alone.Parameters, Chunks = [], PromptChunks = [], Finish = FinishReason.Length })).Verdict);
    }

    [ModelFact]
    public async Task ScoreAsync_OneToken_HasNothingToScore()
    {
        var task = Scoring([5], []);
        var answer = await AnswerAsync(Engine, task);
        Assert.Empty(answer.PromptChunks);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    /// <summary>All of the context may be scored: its last token is never fed.</summary>
    [ModelFact]
    public async Task ScoreAsync_AsLongAsTheContext_IsTakenAndOneMoreIsRefused()
    {
        var longest = Scoring([.. Enumerable.Range(0, Engine.ContextTokens).Select(i => 5 + i % 100)], []);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, longest, await AnswerAsync(Engine, longest)));
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => Engine.ScoreAsync(longest with { Prompt = [.. longest.Prompt, 5] }, default));
        Assert.Equal(EngineRefusal.ContextExceeded, refused.Reason);
    }

    [ModelFact]
    public async Task ObserveAsync_ScoresAlone_SaysThatItCannotTell()
    {
        var task = Scoring(Engine.Tokenizer.Tokenize(Text), []);
        var observed = await Engine.ObserveAsync(task, await AnswerAsync(Engine, task), default);
        Assert.Equal(Verdict.Inconclusive, StatisticalCheck.Judge(observed, []).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_OfChunksWhileWritten_RefusesScoringTasks()
    {
        var task = Scoring(Engine.Tokenizer.Tokenize(Text), [], maxTokens: 12);
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(
            () => Engine.CheckAsync(task, AsyncEnumerable.Empty<TranscriptChunk>(), Task.FromResult(new CommittedEnd(FinishReason.Length, default)), default));
        Assert.Equal(EngineRefusal.BadPrompt, refused.Reason);
    }

    private static GenerationTask Scoring(IReadOnlyList<int> prompt, IEnumerable<int> more, int maxTokens = 0) =>
        new(default, [.. prompt, .. more], new SamplingParameters { ScorePrompt = true, TopLogprobs = Likeliest, MaxTokens = maxTokens, Seed = 3, IgnoreEndOfSequence = true });

    /// <summary>As a node makes it.</summary>
    private static async Task<Transcript> AnswerAsync(LlamaEngine engine, GenerationTask task)
    {
        var scores = await engine.ScoreAsync(task, CancellationToken.None).WaitAsync(TestTimeouts.Answer);
        var answer = task.Parameters.MaxTokens == 0
            ? new Transcript(engine.Model.Digest, task.Prompt, task.Parameters, [], FinishReason.Length)
            : await Answers.GenerateAsync(engine, task);
        return answer with { PromptChunks = scores };
    }
}
