using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>Up to <see cref="VerificationLimits.ChunkPositions"/> output positions with their evidence: one leaf of the transcript's Merkle tree.</summary>
/// <param name="Positions">At least one; all but the last chunk of a transcript are full.</param>
public sealed record TranscriptChunk(IReadOnlyList<PositionEvidence> Positions)
{
    /// <summary>
    /// Thins the evidence to the largest number of entries per position, 8 down to 2, that fits 16 bytes per position (P7.2).
    /// What was asked for beyond that, the likeliest tokens, stays and does not count. The same input gives the same chunk everywhere, so a checker thins its own evidence alike before it compares.
    /// </summary>
    public static TranscriptChunk Thinned(IReadOnlyList<PositionEvidence> positions)
    {
        Invariant.Assert(positions.Count is > 0 and <= VerificationLimits.ChunkPositions);
        var budget = positions.Count * VerificationLimits.ChunkEvidenceBytes / VerificationLimits.ChunkPositions;
        for (var most = VerificationLimits.EvidenceEntries; ; most--)
        {
            var thinned = new TranscriptChunk([.. positions.Select(p =>
                p.Entries.Count <= most ? p : p with { Entries = [.. p.Entries.Take(most)] })]);
            if (most == VerificationLimits.EvidenceEntriesMin || thinned.EvidenceBytes() <= budget)
                return thinned;
        }
    }

    /// <summary>Set in the byte that counts a position's entries when the likeliest tokens come after them.</summary>
    private const int LikeliestFollow = 0x80;

    public void Write(CanonicalWriter writer)
    {
        writer.Count(Positions.Count);
        foreach (var position in Positions)
        {
            var hasLikeliest = position.Likeliest.Count > 0;
            writer.Byte((byte)(position.Entries.Count | (hasLikeliest ? LikeliestFollow : 0)));
            Write(writer, position.Entries);
            if (!hasLikeliest)
                continue;
            writer.Byte((byte)position.Likeliest.Count);
            Write(writer, position.Likeliest);
        }
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static TranscriptChunk Read(ref CanonicalReader reader)
    {
        var positions = new PositionEvidence[reader.Count(VerificationLimits.ChunkPositions)];
        if (positions.Length == 0)
            throw new CanonicalFormatException("A chunk has at least one position.");
        for (var i = 0; i < positions.Length; i++)
        {
            var count = reader.Byte();
            var entries = ReadEntries(ref reader, count & ~LikeliestFollow, VerificationLimits.EvidenceEntries);
            positions[i] = new PositionEvidence(entries);
            if ((count & LikeliestFollow) != 0)
                positions[i] = positions[i] with { Likeliest = ReadEntries(ref reader, reader.Byte(), VerificationLimits.TopLogprobs) };
        }

        return new TranscriptChunk(positions);
    }

    public bool Equals(TranscriptChunk? other) => other is not null && Positions.SequenceEqual(other.Positions);

    public override int GetHashCode() => HashCode.Combine(Positions.Count, Positions[0]);

    private static void Write(CanonicalWriter writer, IReadOnlyList<EvidenceEntry> entries)
    {
        foreach (var entry in entries)
            writer.VarUInt((uint)entry.Token).UInt16(entry.Quanta);
    }

    private static EvidenceEntry[] ReadEntries(ref CanonicalReader reader, int count, int most)
    {
        if (count == 0 || count > most)
            throw new CanonicalFormatException($"A position has 1 to {most} entries here, not {count}.");
        var entries = new EvidenceEntry[count];
        for (var i = 0; i < count; i++)
        {
            var token = reader.VarUInt();
            if (token > int.MaxValue)
                throw new CanonicalFormatException("A token id does not fit 31 bits.");
            entries[i] = new EvidenceEntry((int)token, reader.UInt16());
        }

        return entries;
    }

    /// <summary>Bytes beyond the output tokens themselves, which every transcript carries anyway.</summary>
    private int EvidenceBytes()
    {
        var bytes = 0;
        foreach (var position in Positions)
        {
            bytes += 1 + 2 * position.Entries.Count;
            for (var k = 1; k < position.Entries.Count; k++)
                bytes += VarUIntLength((uint)position.Entries[k].Token);
        }

        return bytes;
    }

    private static int VarUIntLength(uint value) =>
        value < 1u << 7 ? 1 : value < 1u << 14 ? 2 : value < 1u << 21 ? 3 : value < 1u << 28 ? 4 : 5;
}
