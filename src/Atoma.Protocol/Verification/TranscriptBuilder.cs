using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>Grows a <see cref="Transcript"/> token by token; a chunk is thinned and closed as soon as it is full.</summary>
public sealed class TranscriptBuilder(Hash32 model, IReadOnlyList<int> prompt, SamplingParameters parameters)
{
    private readonly List<TranscriptChunk> _closed = [];
    private readonly List<PositionEvidence> _open = [];

    public int Count => _closed.Count * VerificationLimits.ChunkPositions + _open.Count;

    public void Add(PositionEvidence position)
    {
        Invariant.Assert(Count < parameters.MaxTokens);
        _open.Add(position);
        if (_open.Count < VerificationLimits.ChunkPositions)
            return;
        _closed.Add(TranscriptChunk.Thinned(_open));
        _open.Clear();
    }

    public Transcript Finish(FinishReason reason)
    {
        List<TranscriptChunk> chunks = [.. _closed];
        if (_open.Count > 0)
            chunks.Add(TranscriptChunk.Thinned([.. _open]));
        return new Transcript(model, prompt, parameters, chunks, reason);
    }
}
