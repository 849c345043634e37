using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;

namespace Atoma.Grains;

/// <summary>Parameters of the network (PROTOCOL.md). Validated at start; all errors are reported at once.</summary>
public sealed class NetworkOptions
{
    /// <summary>Length of an epoch, real time (P2.7). Seconds, 1 to 604,800.</summary>
    public int EpochSeconds { get; set; } = 3600;

    /// <summary>How long a slashed operator may appeal before the money moves (P8.5). Seconds; default one epoch.</summary>
    public int? AppealWindowSeconds { get; set; }

    /// <summary>A node without a heartbeat for this long counts as lost. Milliseconds, 500 to 60,000.</summary>
    public int LeaseMs { get; set; } = 5_000;

    /// <summary>Least collateral of an active node (P2.2). Micro-units, above 0.</summary>
    public long CollateralMinMicros { get; set; } = 10_000_000;

    /// <summary>Collateral that the development network's faucet bonds for every new node; 0 outside development.</summary>
    public long DevelopmentBondMicros { get; set; }

    /// <summary>v: price of one check relative to the answer, in permille (P4). 600 was measured for the demo model on a CPU (docs/benchmarks.md).</summary>
    public int CheckPermille { get; set; } = 600;

    /// <summary>The network's share of what nodes earn, in permille.</summary>
    public int FeePermille { get; set; } = 25;

    /// <summary>r assumed when an assurance is turned into a level, in permille (P6.5: one third).</summary>
    public int AdversaryPermille { get; set; } = 333;

    /// <summary>Output tokens when the requester names no limit.</summary>
    public int DefaultMaxTokens { get; set; } = 512;

    public RequestOptions Request { get; set; } = new();

    public SlashShares SlashShares { get; set; } = SlashShares.Default;

    public PriceTerms Terms => new(CheckPermille, FeePermille);

    public TimeSpan AppealWindow => TimeSpan.FromSeconds(AppealWindowSeconds ?? EpochSeconds);

    /// <summary>Everything that is wrong; empty when valid.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [.. Request.Problems()];
        if (EpochSeconds is < 1 or > 604_800)
            problems.Add($"EpochSeconds is {EpochSeconds}, must be 1 to 604800.");
        if (AppealWindowSeconds is < 0 or > 2_592_000)
            problems.Add($"AppealWindowSeconds is {AppealWindowSeconds}, must be 0 to 2592000.");
        if (LeaseMs is < 500 or > 60_000)
            problems.Add($"LeaseMs is {LeaseMs}, must be 500 to 60000.");
        if (CollateralMinMicros <= 0)
            problems.Add("CollateralMinMicros must be above 0: without collateral no audit rate makes honesty pay (P2.2).");
        if (CheckPermille is < 1 or > 1000 || FeePermille is < 0 or > 500 || AdversaryPermille is < 0 or > 999)
            problems.Add("CheckPermille must be 1 to 1000, FeePermille 0 to 500, AdversaryPermille 0 to 999.");
        if (!SlashShares.IsValid)
            problems.Add("The slash shares must sum to 1000 (P8.4).");
        return problems;
    }
}
