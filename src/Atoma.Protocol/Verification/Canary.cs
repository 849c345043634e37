using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// Known-bad answers (P7.6): an answer that was found right, with one probability in its evidence off by one step. Stage 1
/// holds, the tokens are right, and only who computes that position notices, so neither a lazy checker nor one that looks at
/// samples can tell it from an honest answer.
/// </summary>
public static class Canary
{
    /// <summary>Places tried: nearly every place does, unless the sampler's choice hangs on it.</summary>
    private const int AttemptsMax = 32;

    /// <summary>Whether a check is followed by a canary, and the seed for it: from a beacon step that the checkers never see in time.</summary>
    /// <param name="beacon">The last step of the request.</param>
    /// <param name="request">Request id.</param>
    /// <param name="probabilityPpm">Millionths, 0 to 1,000,000.</param>
    public static bool IsDue(Hash32 beacon, Hash32 request, int probabilityPpm) =>
        (UInt128)Prf.Derive("atoma/canary/1", beacon.ToArray(), request.ToArray()).High64 * 1_000_000 < (UInt128)(uint)probabilityPpm << 64;

    /// <summary>A bad answer made from a right one; null where none was found (an embedding, or evidence without a second candidate).</summary>
    public static Transcript? Spoil(Transcript right, IReadOnlySet<int> endOfGeneration, Hash32 seed)
    {
        if (right.OutputCount == 0)
            return null;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var position = Number(seed, attempt, 0, right.OutputCount);
            var chunk = right.Chunks[position / VerificationLimits.ChunkPositions];
            var evidence = chunk.Positions[position % VerificationLimits.ChunkPositions];
            if (evidence.Entries.Count < 2)
                continue;
            var bad = Shift(right, position, 1 + Number(seed, attempt, 1, evidence.Entries.Count - 1), 2 * Number(seed, attempt, 2, 2) - 1);
            if (bad is not null && Stage1.Replay(bad, endOfGeneration) is null)
                return bad;
        }

        return null;
    }

    /// <summary>A number below <paramref name="below"/>.</summary>
    private static int Number(Hash32 seed, int attempt, byte which, int below) =>
        (int)(((UInt128)Prf.Derive("atoma/canary-place/1", seed.ToArray(), [(byte)attempt, which]).High64 * (ulong)below) >> 64);

    private static Transcript? Shift(Transcript right, int position, int entry, int by)
    {
        var (at, within) = (position / VerificationLimits.ChunkPositions, position % VerificationLimits.ChunkPositions);
        var evidence = right.Chunks[at].Positions[within];
        var quanta = evidence.Entries[entry].Quanta + by;
        if (quanta is < 0 or > ushort.MaxValue)
            return null;
        EvidenceEntry[] entries = [.. evidence.Entries];
        entries[entry] = entries[entry] with { Quanta = (ushort)quanta };
        PositionEvidence[] positions = [.. right.Chunks[at].Positions];
        positions[within] = evidence with
        {
            Entries = entries,
            Likeliest = [.. evidence.Likeliest.Select(l => l.Token == entries[entry].Token ? entries[entry] : l)],
        };
        TranscriptChunk[] chunks = [.. right.Chunks];
        chunks[at] = new TranscriptChunk(positions);
        return right with { Chunks = chunks };
    }
}
