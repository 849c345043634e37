using System.Collections.Immutable;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;

namespace Atoma.Protocol.Registry;

/// <summary>What a finished request says of a node.</summary>
public enum ObservationKind
{
    /// <summary>It did what it was drawn for.</summary>
    Worked,

    /// <summary>It owed something and said nothing (P5.9).</summary>
    Silent,

    /// <summary>Its answer passed a check by thresholds.</summary>
    Passed,

    /// <summary>Its answer failed one.</summary>
    Failed,
}

/// <summary>What a standing asks for after an observation.</summary>
public enum StandingChange
{
    None,

    /// <summary>Too many failures for now: no longer drawn where answers are checked.</summary>
    Quarantined,

    /// <summary>Worked off.</summary>
    Cleared,

    /// <summary>Silent too often in a row: jailed for an epoch.</summary>
    Unreliable,

    /// <summary>The sequential test fired: slashed.</summary>
    Fired,
}

/// <summary>
/// A node's record over its checked answers (P8.1): a one-sided CUSUM of Bernoulli trials (Page 1954) that tells an honest
/// failure rate of at most f₀ = 1/1000 from a cheating one of at least d = 3/10. Sums are integers, so that the evidence adds up
/// alike everywhere.
/// </summary>
public sealed record NodeStanding
{
    /// <summary>ln(d/f₀), in millionths of a nat.</summary>
    public const long FailureMicronats = 5_703_782;

    /// <summary>ln((1−d)/(1−f₀)), in millionths of a nat.</summary>
    public const long PassMicronats = -355_674;

    /// <summary>ln 1e9: an honest node would be hit once in about 1e9 checks.</summary>
    public const long ThresholdMicronats = 20_723_266;

    /// <summary>One failure quarantines; it ends when half of that is worked off, after nine passes.</summary>
    public const long ClearedMicronats = FailureMicronats / 2;

    /// <summary>Silences in a row that jail: one is bad luck, two a bad line.</summary>
    public const int SilencesMax = 3;

    /// <summary>The test's statistic, 0 or above.</summary>
    public long Micronats { get; init; }

    public bool IsQuarantined { get; init; }

    /// <summary>Silences since it last did its work.</summary>
    public int Silences { get; init; }

    /// <summary>The checked requests since the statistic was last 0: the evidence when it fires. The last <see cref="SlashCase.HistoryMax"/>; what fell out of it is not counted.</summary>
    public ImmutableList<CheckedRequest> History { get; init; } = [];

    /// <param name="kind">What was seen.</param>
    /// <param name="request">In which request.</param>
    public (NodeStanding After, StandingChange Change) Observe(ObservationKind kind, Hash32 request)
    {
        switch (kind)
        {
            case ObservationKind.Worked:
                return (this with { Silences = 0 }, StandingChange.None);
            case ObservationKind.Silent:
                return Silences + 1 >= SilencesMax
                    ? (this with { Silences = 0 }, StandingChange.Unreliable)
                    : (this with { Silences = Silences + 1 }, StandingChange.None);
            default:
                return Count(kind == ObservationKind.Failed, request);
        }
    }

    /// <summary>Recomputes the statistic from an evidence bundle; the slash is right iff it reaches the threshold.</summary>
    public static long Recount(IEnumerable<CheckedRequest> history) =>
        history.Aggregate(0L, static (sum, entry) => Next(sum, entry.Failed));

    /// <summary>Checked answers after which a node that fails a share of them is expected to be out: threshold over drift (Wald).</summary>
    /// <param name="failureShare">Above 0.06: below, the statistic has no upward drift.</param>
    public static double ExpectedChecks(double failureShare) =>
        ThresholdMicronats / (failureShare * FailureMicronats + (1 - failureShare) * PassMicronats);

    private (NodeStanding, StandingChange) Count(bool failed, Hash32 request)
    {
        var sum = Next(Micronats, failed);
        ImmutableList<CheckedRequest> history = sum == 0 ? [] : History.Add(new CheckedRequest(request, failed));
        if (history.Count > SlashCase.HistoryMax)
        {
            // What can no longer be shown no longer counts: the evidence has to add up to the slash.
            history = history.RemoveAt(0);
            sum = Recount(history);
        }

        var after = this with { Micronats = sum, Silences = 0, History = history };
        if (sum >= ThresholdMicronats)
            return (after, StandingChange.Fired);
        if (!IsQuarantined && sum >= FailureMicronats)
            return (after with { IsQuarantined = true }, StandingChange.Quarantined);
        if (IsQuarantined && sum <= ClearedMicronats)
            return (after with { IsQuarantined = false }, StandingChange.Cleared);
        return (after, StandingChange.None);
    }

    private static long Next(long sum, bool failed) => Math.Max(0, sum + (failed ? FailureMicronats : PassMicronats));
}
