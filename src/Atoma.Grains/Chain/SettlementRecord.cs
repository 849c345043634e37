namespace Atoma.Grains.Chain;

/// <summary>Where the closing of an epoch stands. Stored: append only.</summary>
internal enum ClosingPhase
{
    /// <summary>Nothing under way.</summary>
    Idle = 0,

    /// <summary>What requesters spent is being taken from their deposits.</summary>
    Redeeming = 1,

    /// <summary>The root of what nodes may claim is on its way.</summary>
    Posting = 2,
}

/// <summary>What the settlement remembers across restarts. All money is in the ledger and on the chain.</summary>
[GenerateSerializer, Alias("atoma.SettlementRecord")]
internal sealed class SettlementRecord
{
    /// <summary>Ledger epoch up to which was closed.</summary>
    [Id(0)] public long ClosedEpoch { get; set; }

    /// <summary>Closings begun: names the calls of each.</summary>
    [Id(1)] public long Round { get; set; }

    [Id(2)] public ClosingPhase Phase { get; set; }

    /// <summary>Calls of this closing that redeem vouchers.</summary>
    [Id(3)] public int Redemptions { get; set; }

    /// <summary>The newest plans, oldest first: as many as the contract keeps roots.</summary>
    [Id(4)] public List<PayoutPlanRecord> Plans { get; set; } = [];

    /// <summary>Slashes that are not over on the chain.</summary>
    [Id(5)] public Dictionary<string, SlashTrack> Slashes { get; set; } = [];

    /// <summary>Per node the collateral account's entry up to which silence penalties were taken over.</summary>
    [Id(6)] public Dictionary<string, long> PenaltiesRead { get; set; } = [];

    /// <summary>Contracts' requests that are not over on the chain, by the gateway's id.</summary>
    [Id(7)] public Dictionary<string, ContractTrack> Contracts { get; set; } = [];
}

/// <summary>A root and what it was made of.</summary>
[GenerateSerializer, Alias("atoma.PayoutPlanRecord")]
internal sealed class PayoutPlanRecord
{
    [Id(0)] public long Epoch { get; set; }

    [Id(1)] public long Round { get; set; }

    /// <summary>Everything each payee could ever claim, in micro-units, by address.</summary>
    [Id(2)] public SortedDictionary<string, long> Cumulative { get; set; } = new(StringComparer.Ordinal);

    [Id(3)] public bool IsFinal { get; set; }
}

/// <summary>A slash on its way through the chain.</summary>
[GenerateSerializer, Alias("atoma.SlashTrack")]
internal sealed class SlashTrack
{
    [Id(0)] public string Node { get; set; } = "";

    [Id(1)] public string Request { get; set; } = "";

    /// <summary>Address, or empty.</summary>
    [Id(2)] public string Victim { get; set; } = "";

    [Id(3)] public long AmountMicros { get; set; }

    [Id(4)] public int Honest { get; set; }

    [Id(5)] public int Resolvers { get; set; }

    /// <summary>A <see cref="Atoma.Protocol.Settlement.ChainSlashKind"/>.</summary>
    [Id(6)] public int Kind { get; set; }

    [Id(7)] public string Evidence { get; set; } = "";

    /// <summary>Seconds since 1970: the verdict is fixed when it is first signed.</summary>
    [Id(8)] public long Deadline { get; set; }

    /// <summary>How often it was taken back for a review that confirmed it.</summary>
    [Id(9)] public int Attempt { get; set; }
}

/// <summary>A contract's request on its way through the network.</summary>
[GenerateSerializer, Alias("atoma.ContractTrack")]
internal sealed class ContractTrack
{
    [Id(0)] public string Caller { get; set; } = "";

    [Id(1)] public long MaxFeeMicros { get; set; }

    [Id(2)] public DateTimeOffset Deadline { get; set; }

    /// <summary>The network's request id, hex.</summary>
    [Id(3)] public string Request { get; set; } = "";

    /// <summary>Why it is declined; empty while it is not.</summary>
    [Id(4)] public string Declined { get; set; } = "";
}
