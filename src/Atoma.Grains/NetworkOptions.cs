using System.Globalization;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

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

    /// <summary>What the development network's faucet fills an account up to; 0 outside development.</summary>
    public long FaucetMicros { get; set; }

    /// <summary>Pay payouts out as they are asked for, as the development network does, where no money leaves; else an administrator or the chain settles them.</summary>
    public bool DevelopmentPayouts { get; set; }

    /// <summary>Epochs of unbonding (P2.3).</summary>
    public int UnbondingEpochs { get; set; } = 2;

    /// <summary>v: price of one check relative to the answer, in permille (P4), where no node of the echelon measured it. 600 was measured for the demo model on a CPU (docs/benchmarks.md).</summary>
    public int CheckPermille { get; set; } = 600;

    /// <summary>p of sampled answers in millionths (P6.1); null for what the exposure ratio needs, times the margin.</summary>
    public int? AuditPpm { get; set; }

    /// <summary>k: checkers of one audit.</summary>
    public int AuditCheckers { get; set; } = 1;

    /// <summary>How far p lies above the least that makes honesty pay, in permille: the costs behind that are guesses (R = 1.2 C).</summary>
    public int AuditMarginPermille { get; set; } = 2000;

    /// <summary>S over what a node may have outstanding unchecked (P6.3). 100 needs p of about 1.5 % for r = 1/3, which costs under 2 % of the price.</summary>
    public int ExposureRatio { get; set; } = 100;

    /// <summary>Checks that are followed by a canary (P7.6), in millionths: 1 %.</summary>
    public int CanaryPpm { get; set; } = 10_000;

    /// <summary>How long a node is jailed for being silent too often. Seconds; default one epoch.</summary>
    public int? SilenceJailSeconds { get; set; }

    /// <summary>The network's share of what nodes earn, in permille.</summary>
    public int FeePermille { get; set; } = 25;

    /// <summary>r assumed when an assurance is turned into a level, in permille (P6.5: one third).</summary>
    public int AdversaryPermille { get; set; } = 333;

    /// <summary>Output tokens when the requester names no limit.</summary>
    public int DefaultMaxTokens { get; set; } = 512;

    /// <summary>Webhooks may go to addresses that are not public, and by http: for development, or where the network's own neighbours are trusted.</summary>
    public bool WebhooksToPrivateAddresses { get; set; }

    public RequestOptions Request { get; set; } = new();

    public SlashShares SlashShares { get; set; } = SlashShares.Default;

    /// <summary>Of every request: prices of checks and audits.</summary>
    public PriceTerms Terms => new(CheckPermille, FeePermille, AuditPpm ?? DefaultAuditPpm(), AuditCheckers);

    /// <summary>Least p, in millionths, for which honesty pays (P6.1) with these parameters.</summary>
    public double LeastAuditPpm => Audit.Certain * Economics.MinimumAuditProbability(
        EconomicParameters.Standard(reward: 1.2, collateral: ExposureRatio, AdversaryPermille / 1000.0, AuditCheckers));

    public TimeSpan SilenceJail => TimeSpan.FromSeconds(SilenceJailSeconds ?? EpochSeconds);

    public TimeSpan AppealWindow => TimeSpan.FromSeconds(AppealWindowSeconds ?? EpochSeconds);

    private int DefaultAuditPpm() => (int)Math.Min(Audit.Certain, Math.Ceiling(LeastAuditPpm * AuditMarginPermille / 1000));

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
        if (FaucetMicros < 0)
            problems.Add($"FaucetMicros is {FaucetMicros}, must be 0 or above.");
        if (UnbondingEpochs is < 2 or > 1000)
            problems.Add($"UnbondingEpochs is {UnbondingEpochs}, must be 2 to 1000: a request can be disputed for one epoch and a slash appealed for another (P2.3).");
        if (CollateralMinMicros <= 0)
            problems.Add("CollateralMinMicros must be above 0: without collateral no audit rate makes honesty pay (P2.2).");
        if (CheckPermille is < 1 or > 1000 || FeePermille is < 0 or > 500 || AdversaryPermille is < 0 or > 999)
            problems.Add("CheckPermille must be 1 to 1000, FeePermille 0 to 500, AdversaryPermille 0 to 999.");
        if (AuditCheckers is < 1 or > IntegrityLevel.CheckersMax || AuditCheckers % 2 == 0 || AuditMarginPermille is < 1000 or > 100_000 || ExposureRatio is < 2 or > 1_000_000 || CanaryPpm is < 0 or > Audit.Certain)
            problems.Add("AuditCheckers must be 1, 3, 5 or 7, AuditMarginPermille 1000 to 100000, ExposureRatio 2 to 1000000, CanaryPpm 0 to 1000000.");
        else if (LeastAuditPpm >= Audit.Certain || AuditPpm is < 0 or > Audit.Certain || AuditPpm < LeastAuditPpm)
        {
            // P6.5
            problems.Add($"With an exposure ratio of {ExposureRatio} and a share of {AdversaryPermille / 1000.0} colluding, honesty pays only if more than {LeastAuditPpm:F0} of 1,000,000 sampled answers are audited; AuditPpm is {AuditPpm?.ToString(CultureInfo.InvariantCulture) ?? "not set"}. Raise AuditPpm or ExposureRatio.");
        }

        if (SilenceJailSeconds is < 0 or > 2_592_000)
            problems.Add($"SilenceJailSeconds is {SilenceJailSeconds}, must be 0 to 2592000.");
        if (!SlashShares.IsValid)
            problems.Add("The slash shares must sum to 1000 (P8.4).");
        return problems;
    }
}
