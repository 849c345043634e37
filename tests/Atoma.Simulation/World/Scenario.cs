using Atoma.Simulation.Core;
using Atoma.Simulation.Nodes;

namespace Atoma.Simulation.World;

/// <summary>How often something goes wrong, each a probability per message, call or step.</summary>
internal sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>About one disturbed message in a hundred: most requests still end well, and every repair is exercised.</summary>
    public static Faults Some { get; } = new()
    {
        Loss = 0.003, Duplicate = 0.003, Reorder = 0.003, Spike = 0.003, RepeatedCall = 0.02, NodeCrash = 0.002, CoordinatorCrash = 0.001,
        StoreDown = 0.01,
    };

    public static Faults Many { get; } = new()
    {
        Loss = 0.02, Duplicate = 0.01, Reorder = 0.01, Spike = 0.02, RepeatedCall = 0.1, NodeCrash = 0.01, CoordinatorCrash = 0.006, StoreDown = 0.05,
    };

    public double Loss { get; init; }

    public double Duplicate { get; init; }

    public double Reorder { get; init; }

    /// <summary>A message takes seconds, up to beyond every time limit.</summary>
    public double Spike { get; init; }

    public int SpikeMaxMs { get; init; } = 70_000;

    /// <summary>A call into the request machine is made twice.</summary>
    public double RepeatedCall { get; init; }

    /// <summary>A node crashes when a message reaches the coordinator.</summary>
    public double NodeCrash { get; init; }

    /// <summary>The coordinator stops at a crash point: between any two effects, before and after a commit.</summary>
    public double CoordinatorCrash { get; init; }

    /// <summary>A commit is refused by a store that is down for a moment.</summary>
    public double StoreDown { get; init; }

    /// <summary>After a crash, what was under way to the database arrives there late all the same.</summary>
    public double LateCommit { get; init; } = 0.3;
}

/// <summary>What one seed plays.</summary>
/// <param name="Name">As in <c>--scenario</c>.</param>
/// <param name="Meaning">For the list.</param>
internal sealed record Scenario(string Name, string Meaning)
{
    public int NodesMin { get; init; } = 6;

    public int NodesMax { get; init; } = 24;

    public int RequestsMin { get; init; } = 1;

    public int RequestsMax { get; init; } = 5;

    public Faults Faults { get; init; } = Faults.None;

    /// <summary>Levels that requesters ask for.</summary>
    public IReadOnlyList<string> Levels { get; init; } =
        ["none", "sampled", "sampled", "checked", "checked:3", "checked:5", "replicated:2", "replicated:3", "replicated:5"];

    /// <summary>Largest share of nodes that the adversary has; drawn for each seed from 0 to it.</summary>
    public double AdversaryShareMax { get; init; }

    /// <summary>The adversary's share is this in every seed.</summary>
    public double? AdversaryShare { get; init; }

    /// <summary>Makes the conduct of an adversary's node. One gang for a world.</summary>
    public Func<Prng, Gang, Conduct>? Adversary { get; init; }

    /// <summary>Share of nodes on hardware of another class.</summary>
    public double OtherHardware { get; init; }

    /// <summary>Chance that a requester cancels after reading.</summary>
    public double Cancels { get; init; } = 0.05;

    /// <summary>Requesters whose money suffices for one request ask for all at once.</summary>
    public bool DoubleSpends { get; init; }

    /// <summary>Nodes without enough collateral that try to join.</summary>
    public int Sybils { get; init; }

    /// <summary>Old commands are sent to the books again.</summary>
    public bool Replays { get; init; }

    /// <summary>Requesters that try to choose a nonce that draws the adversary's nodes.</summary>
    public bool Grinds { get; init; }

    /// <summary>Nodes that speak about requests that are not theirs.</summary>
    public bool Meddles { get; init; }

    /// <summary>The adversary's network loses what the auditors of its answers are sent.</summary>
    public bool Censors { get; init; }

    /// <summary>Chance that a requester disputes a settled answer (P8.3).</summary>
    public double Disputes { get; init; } = 0.05;

    /// <summary>p of L1; null draws one.</summary>
    public int? AuditPpm { get; init; }

    /// <summary>k of L1; null draws one.</summary>
    public int? AuditCheckers { get; init; }

    /// <summary>Pause between two requests of one seed, at most.</summary>
    public int SpacingMs { get; init; } = 4_000;

    /// <summary>The beacon's chain is nearly used up, so that the seed crosses into the next.</summary>
    public bool EndsChain { get; init; }
}
