using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Cli.Tests.Verify;

/// <summary>The fake nodes' model as an engine: enough of one for stage 2 and its self-test.</summary>
/// <param name="steady">Whether it gives the same answer twice.</param>
internal sealed class FakeEngine(bool steady = true) : IInferenceEngine
{
    private readonly FakeModel _model = new();
    private int _answers;

    public ModelManifest Model => FakeModel.Manifest;

    public Echelon Echelon { get; } = new(FakeModel.Manifest.Digest, Hash32.Zero, "cpu", "fake", Echelon.InvariantMode + ";");

    public ITokenizer Tokenizer => throw new NotSupportedException();

    public EngineCapacity Capacity => new(1, 0, 0, 0);

    /// <summary>What <see cref="ObserveAsync"/> sees at each position.</summary>
    public double Distance { get; init; }

    public async IAsyncEnumerable<GeneratedStep> GenerateAsync(GenerationTask task, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var model = steady ? _model : new FakeModel((ulong)++_answers);
        PositionEvidence[] positions = [.. model.Answer(task.Prompt, task.Parameters).Positions];
        for (var i = 0; i < positions.Length; i++)
            yield return new GeneratedStep(positions[i], i == positions.Length - 1 ? FinishReason.Length : null);
    }

    public Task<IReadOnlyList<TranscriptChunk>> ScoreAsync(GenerationTask task, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EmbeddingVector>> EmbedAsync(GenerationTask task, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CheckOutcome> CheckAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken) => Task.FromResult(_model.Check(claimed));

    public Task<CheckOutcome> CheckAsync(GenerationTask task, IAsyncEnumerable<TranscriptChunk> chunks, Task<CommittedEnd> end, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AnswerObservation> ObserveAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken) =>
        Task.FromResult(new AnswerObservation(null, [.. claimed.Positions.Select(_ => new PositionObservation(0, Distance))]));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
