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
    public int Token => Entries[0].Token;

    /// <summary>The likeliest tokens by the model alone, the likeliest first; as many as <see cref="SamplingParameters.TopLogprobs"/> asks for, fewer where fewer are possible.</summary>
    public IReadOnlyList<EvidenceEntry> Likeliest { get; init; } = [];

    public bool Equals(PositionEvidence? other) =>
        other is not null && Entries.SequenceEqual(other.Entries) && Likeliest.SequenceEqual(other.Likeliest);

    public override int GetHashCode() => HashCode.Combine(Entries.Count, Entries[0]);
}
