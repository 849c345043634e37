using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>One candidate the sampler had before it.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Quanta">−ln p in steps of 1/<see cref="VerificationLimits.QuantaPerNat"/> nat, clipped to 16 bits; p is the model's own
/// probability (softmax over the whole vocabulary, before temperature, penalties and filters).</param>
public readonly record struct EvidenceEntry(int Token, ushort Quanta)
{
    /// <summary>ln p ≤ 0, exact in a double.</summary>
    public double LogProbability => -(double)Quanta / VerificationLimits.QuantaPerNat;
}

/// <summary>
/// What the sampler saw at one output position (P7.2): its best candidates in falling order of their score, the chosen
/// token first. One to <see cref="VerificationLimits.EvidenceEntries"/> entries.
/// </summary>
public sealed record PositionEvidence(IReadOnlyList<EvidenceEntry> Entries)
{
    /// <summary>Set in the byte that counts the entries when the likeliest tokens come after them.</summary>
    private const int LikeliestFollow = 0x80;

    public int Token => Entries[0].Token;

    /// <summary>The likeliest tokens by the model alone, the likeliest first; as many as <see cref="SamplingParameters.TopLogprobs"/> asks for, fewer where fewer are possible.</summary>
    public IReadOnlyList<EvidenceEntry> Likeliest { get; init; } = [];

    /// <summary>The chosen token with its probability, and the likeliest: what the requester is shown, and all that there is of a prompt's token.</summary>
    public PositionEvidence Shown => this with { Entries = [Entries[0]] };

    public void Write(CanonicalWriter writer)
    {
        var hasLikeliest = Likeliest.Count > 0;
        writer.Byte((byte)(Entries.Count | (hasLikeliest ? LikeliestFollow : 0)));
        Write(writer, Entries);
        if (!hasLikeliest)
            return;
        writer.Byte((byte)Likeliest.Count);
        Write(writer, Likeliest);
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static PositionEvidence Read(ref CanonicalReader reader)
    {
        var count = reader.Byte();
        var position = new PositionEvidence(ReadEntries(ref reader, count & ~LikeliestFollow, VerificationLimits.EvidenceEntries));
        return (count & LikeliestFollow) == 0
            ? position
            : position with { Likeliest = ReadEntries(ref reader, reader.Byte(), VerificationLimits.TopLogprobs) };
    }

    public bool Equals(PositionEvidence? other) =>
        other is not null && Entries.SequenceEqual(other.Entries) && Likeliest.SequenceEqual(other.Likeliest);

    public override int GetHashCode() => HashCode.Combine(Entries.Count, Entries[0]);

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
}
