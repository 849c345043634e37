using Atoma.Inference.Engine;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Benchmarks.Engine;

/// <summary>An answer as a cheat hands it in.</summary>
/// <param name="Task">What was asked.</param>
/// <param name="Claimed">What is claimed.</param>
/// <param name="Honest">What the model would have answered; null where that needs no comparing, being of another length.</param>
internal sealed record CheatAnswer(GenerationTask Task, Transcript Claimed, Transcript? Honest);

/// <summary>The attacks of P12 that change an answer, on the honest engine's own tasks. All claim the honest model, prompt and parameters.</summary>
internal sealed class Cheats(LlamaEngine engine, GenerationTask[] tasks, Transcript[] honest)
{
    /// <summary>Added to the end token's ln p where answers are to end on their own somewhere: the first of these with which one does.</summary>
    private static readonly double[] EndBiases = [4, 8, 12, 16, 20, 24];

    /// <summary>Answers of another engine, relabelled.</summary>
    public async Task<IEnumerable<CheatAnswer>> ServedByAsync(LlamaEngine other, CancellationToken cancellationToken)
    {
        // Another vocabulary: its tokens are read in it, and the answer's put into ours.
        var known = Math.Min(engine.Model.VocabularySize, other.Model.VocabularySize);
        GenerationTask[] asked = [.. tasks.Select(t => t with { Prompt = [.. t.Prompt.Select(x => x % known)] })];
        return Claim(await BenchmarkTasks.AnswerAsync(other, asked, cancellationToken), known);
    }

    public async Task<IEnumerable<CheatAnswer>> WithParametersAsync(Func<SamplingParameters, SamplingParameters> change, CancellationToken cancellationToken) =>
        Claim(await BenchmarkTasks.AnswerAsync(engine, [.. tasks.Select(t => t with { Parameters = change(t.Parameters) })], cancellationToken));

    public async Task<IEnumerable<CheatAnswer>> WithPromptAsync(Func<GenerationTask, int, IReadOnlyList<int>> change, CancellationToken cancellationToken) =>
        Claim(await BenchmarkTasks.AnswerAsync(engine, [.. tasks.Select((t, i) => t with { Prompt = change(t, i) })], cancellationToken));

    public IEnumerable<CheatAnswer> FromContext(RawContext context, Func<int, (int Position, int Rank)>? forced = null) =>
        Claim([.. context.Generate(tasks, engine.Model.Digest, forced)]);

    /// <summary>Tokens that another model or sampler wrote, with evidence made by the honest model.</summary>
    public static IEnumerable<CheatAnswer> Dressed(IEnumerable<CheatAnswer> answers, RawContext honestModel) =>
        answers.Select(a => a with { Claimed = honestModel.Dress(a.Task, [.. a.Claimed.Output], a.Claimed.Model) });

    public IEnumerable<CheatAnswer> CachedAnswer() => Claim([.. honest.Skip(1), honest[0]]);

    /// <summary>Half of the answer, said in turn to be whole by each kind of end.</summary>
    public IEnumerable<CheatAnswer> Truncated()
    {
        FinishReason[] ends = [FinishReason.Length, FinishReason.EndOfSequence, FinishReason.StopText];
        return honest.Select((h, i) => new CheatAnswer(tasks[i], With(h, h.Positions.Take(h.OutputCount * 3 / 4)) with { Finish = ends[i % ends.Length] }, null));
    }

    /// <summary>Ends early with an end token that the model did not choose, evidence invented for it.</summary>
    public IEnumerable<CheatAnswer> FalseEnd() => honest.Select((h, i) =>
    {
        var task = tasks[i] with { Parameters = tasks[i].Parameters with { IgnoreEndOfSequence = false } };
        var end = new PositionEvidence([new EvidenceEntry(engine.Model.EndOfGeneration[0], 0)]);
        return new CheatAnswer(task, With(h, [.. h.Positions.Take(h.OutputCount * 3 / 4), end]) with { Parameters = task.Parameters, Finish = FinishReason.EndOfSequence }, null);
    });

    /// <summary>Says that the answer went on where the model ended it, to be paid for more.</summary>
    public async Task<IEnumerable<CheatAnswer>> SkippedEndAsync(CancellationToken cancellationToken)
    {
        var answers = new List<CheatAnswer>();
        GenerationTask[] left = tasks;
        foreach (var bias in EndBiases)
        {
            GenerationTask[] ending = [.. left.Select(t => t with { Parameters = t.Parameters with { IgnoreEndOfSequence = false, LogitBias = [new LogitBias(engine.Model.EndOfGeneration[0], bias)] } })];
            var ended = await BenchmarkTasks.AnswerAsync(engine, ending, cancellationToken);
            int[] early = [.. Enumerable.Range(0, left.Length).Where(i => ended[i].Finish == FinishReason.EndOfSequence && ended[i].OutputCount < tasks[0].Parameters.MaxTokens)];
            var goingOn = await BenchmarkTasks.AnswerAsync(engine, [.. early.Select(i => ending[i] with { Parameters = ending[i].Parameters with { IgnoreEndOfSequence = true } })], cancellationToken);
            answers.AddRange(early.Select((i, k) => new CheatAnswer(ending[i], goingOn[k] with { Parameters = ending[i].Parameters }, ended[i])));
            left = [.. left.Where((_, i) => !early.Contains(i))];
        }

        return answers;
    }

    /// <summary>Asked for more tokens than were computed: the rest is made of earlier positions.</summary>
    public IEnumerable<CheatAnswer> Padded() => honest.Select((h, i) =>
    {
        var task = tasks[i] with { Parameters = tasks[i].Parameters with { MaxTokens = h.OutputCount + 8 } };
        return new CheatAnswer(task, With(h, [.. h.Positions, .. h.Positions.Take(8)]) with { Parameters = task.Parameters }, null);
    });

    /// <summary>The model's own tokens, one probability off by the smallest step.</summary>
    public IEnumerable<CheatAnswer> EvidenceNudged() => Claim([.. honest.Select((h, i) => With(h, h.Positions.Select((p, k) =>
        k == i % h.OutputCount ? new PositionEvidence([.. p.Entries.SkipLast(1), p.Entries[^1] with { Quanta = (ushort)(p.Entries[^1].Quanta + 1) }]) : p)))]);

    /// <summary>Relabels answers as the honest model's to the honest task.</summary>
    private IEnumerable<CheatAnswer> Claim(Transcript[] answers, int tokens = int.MaxValue) => answers.Select((a, i) => new CheatAnswer(
        tasks[i],
        new Transcript(engine.Model.Digest, tasks[i].Prompt, tasks[i].Parameters,
            tokens == int.MaxValue ? a.Chunks : With(a, a.Positions.Select(p => new PositionEvidence([.. p.Entries.Select(e => e with { Token = e.Token % tokens })]))).Chunks, a.Finish),
        honest[i]));

    private static Transcript With(Transcript transcript, IEnumerable<PositionEvidence> positions) =>
        transcript with { Chunks = [.. positions.Chunk(VerificationLimits.ChunkPositions).Select(c => new TranscriptChunk(c))] };
}
