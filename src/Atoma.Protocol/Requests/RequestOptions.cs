namespace Atoma.Protocol.Requests;

/// <summary>Time limits and quorums of a request (P5, P8). Times are real time from the injected clock.</summary>
public sealed record RequestOptions
{
    /// <summary>From work to commitment, renewed by every progress message (P5.9). Milliseconds, 100 to 3,600,000.</summary>
    public int CommitTimeoutMs { get; init; } = 60_000;

    /// <summary>From the call to reveal to the reveal; nothing is computed in it. Milliseconds.</summary>
    public int RevealTimeoutMs { get; init; } = 10_000;

    /// <summary>From check to vote commitment: one prefill. Milliseconds.</summary>
    public int CheckTimeoutMs { get; init; } = 60_000;

    /// <summary>From acceptance to a terminal state, whatever happens. Milliseconds.</summary>
    public int DeadlineMs { get; init; } = 300_000;

    /// <summary>New draws for nodes that failed (P5.9).</summary>
    public int ReplacementsMax { get; init; } = 3;

    /// <summary>Resolvers of a dispute (P8.2); a majority of this number decides.</summary>
    public int Resolvers { get; init; } = 3;

    /// <summary>Collateral lost by a silent node, once per request (P5.9).</summary>
    public int SilencePermille { get; init; } = 10;

    /// <summary>Collateral lost for malice (P8.4: up to all of it; all, because a proven cheat has no honest use for it).</summary>
    public int MalicePermille { get; init; } = 1000;

    /// <summary>All problems at once; empty when valid.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        Range(CommitTimeoutMs, 100, 3_600_000, "CommitTimeoutMs");
        Range(RevealTimeoutMs, 100, 3_600_000, "RevealTimeoutMs");
        Range(CheckTimeoutMs, 100, 3_600_000, "CheckTimeoutMs");
        Range(DeadlineMs, 1_000, 86_400_000, "DeadlineMs");
        Range(ReplacementsMax, 0, 16, "ReplacementsMax");
        Range(Resolvers, 1, 9, "Resolvers");
        Range(SilencePermille, 0, 1000, "SilencePermille");
        Range(MalicePermille, 1, 1000, "MalicePermille");
        return problems;

        void Range(int value, int from, int to, string name)
        {
            if (value < from || value > to)
                problems.Add($"{name} is {value}, must be {from} to {to}.");
        }
    }
}
