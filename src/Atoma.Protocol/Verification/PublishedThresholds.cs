using System.Text.Json;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// The thresholds that this program ships (P7.4): for each pair of echelons that the operating-curve benchmark measured, with
/// where they come from. A pair that is not among them cannot be judged.
/// </summary>
public static class PublishedThresholds
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly Lazy<Pair[]> Pairs = new(Load);

    /// <summary>Ascending by length; empty when the pair is not published.</summary>
    /// <param name="claimant">Id of the echelon that answered.</param>
    /// <param name="checker">Id of the echelon that checks.</param>
    public static IReadOnlyList<StatisticalThreshold> Find(Hash32 claimant, Hash32 checker) =>
        Pairs.Value.FirstOrDefault(p => p.Claimant == claimant.ToString() && p.Checker == checker.ToString())?.Thresholds ?? [];

    /// <summary>Every pair, for tests and for people.</summary>
    public static IEnumerable<(string Provenance, IReadOnlyList<StatisticalThreshold> Thresholds)> All => Pairs.Value.Select(p => (p.Provenance, (IReadOnlyList<StatisticalThreshold>)p.Thresholds));

    private static Pair[] Load()
    {
        using var file = typeof(PublishedThresholds).Assembly.GetManifestResourceStream("Atoma.Protocol.Verification.PublishedThresholds.json");
        Invariant.Assert(file is not null);
        var pairs = JsonSerializer.Deserialize<Pair[]>(file, Format);
        Invariant.Assert(pairs is not null);
        return pairs;
    }

    private sealed record Pair(string Claimant, string Checker, string Provenance, StatisticalThreshold[] Thresholds);
}
