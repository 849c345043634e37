using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>
/// Checks an answer while it is being written: each chunk goes through stage 1, then through a check job of its own that starts
/// from what the jobs before it left in the check's sequence. What is left at the end is one chunk and the digest.
/// </summary>
/// <param name="task">What was asked.</param>
/// <param name="model">The engine's.</param>
/// <param name="state">Fresh.</param>
/// <param name="finish">Fresh; the state's.</param>
/// <param name="run">Gives a job to the engine thread.</param>
internal sealed class StreamedCheck(GenerationTask task, ModelManifest model, SamplingState state, FinishRule finish, Func<CheckJob, Task<CheckOutcome>> run)
{
    private readonly Stage1 _stage1 = new(task.Prompt, task.Parameters, model.EndOfGeneration.ToHashSet());
    private readonly List<TranscriptChunk> _chunks = [];
    private readonly List<int> _output = [];
    private FinishReason? _end;

    /// <summary>A mismatch as soon as one is found, else the verdict when the commitment is known.</summary>
    public async Task<CheckOutcome> RunAsync(IAsyncEnumerable<TranscriptChunk> chunks, Task<CommittedEnd> end, CancellationToken cancellationToken)
    {
        await foreach (var chunk in chunks.WithCancellation(cancellationToken))
        {
            var outcome = await NextAsync(chunk);
            if (outcome.Verdict != Verdict.Match)
                return outcome;
        }

        return Finish(await end.WaitAsync(cancellationToken));
    }

    private async Task<CheckOutcome> NextAsync(TranscriptChunk chunk)
    {
        var first = _output.Count;
        if (_end is { } ended)
            return CheckOutcome.Mismatch(first, $"goes on after its end ({ended})");
        _chunks.Add(chunk);
        // Of any finish reason: it is not known yet.
        if (Admission.Judge(task, SoFar(FinishReason.Cancelled), model.Digest) is { Verdict: Verdict.Mismatch } malformed)
            return malformed;
        if (_stage1.Next(chunk) is { } fault)
            return CheckOutcome.Mismatch(fault.Position, fault.Reason);
        _output.AddRange(chunk.Positions.Select(p => p.Token));
        var comparison = new AnswerComparison([chunk], first, finish);
        var outcome = await run(new CheckJob(task, new ScoreComparison([]), _output, first, state, comparison, model.VocabularySize));
        _end = comparison.End;
        return outcome;
    }

    private CheckOutcome Finish(CommittedEnd end)
    {
        var answer = SoFar(end.Finish);
        if (answer.Digest() != end.Digest)
            return CheckOutcome.Mismatch(0, "is not the answer that was committed to");
        if (Admission.Judge(task, answer, model.Digest) is { } judged)
            return judged;
        return _stage1.Finish(end.Finish) is { } fault
            ? CheckOutcome.Mismatch(fault.Position, fault.Reason)
            : AnswerComparison.CompareEnd(end.Finish, _end, _output.Count);
    }

    private Transcript SoFar(FinishReason reason) => new(model.Digest, task.Prompt, task.Parameters, _chunks, reason);
}
