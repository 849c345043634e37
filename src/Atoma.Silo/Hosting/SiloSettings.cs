using Atoma.Grains;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Silo.Chain;
using Atoma.Silo.Nodes;

namespace Atoma.Silo.Hosting;

/// <summary>How a core silo runs. Filled from the command line; all problems are reported at once.</summary>
public sealed record SiloSettings
{
    /// <summary>Folder of the database, keys and caches.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>The models that this network's nodes serve, at least one.</summary>
    public required IReadOnlyList<ModelFile> Models { get; init; }

    /// <summary>Megabytes that the models of one node may take together, at least 1; null for what the machine has available.</summary>
    public int? MemoryMegabytes { get; init; }

    /// <summary>Nodes run in this process, 0 to 32.</summary>
    public int Nodes { get; init; } = 5;

    /// <summary>How the last of them misbehave, or null.</summary>
    public string? Cheater { get; init; }

    /// <summary>How many misbehave, 1 to <see cref="Nodes"/>; counts only with <see cref="Cheater"/>.</summary>
    public int Cheaters { get; init; } = 1;

    /// <summary>CPU threads of each node's engine.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Exact and checkable, or as fast as the library can (then only <c>none</c> is served).</summary>
    public EngineMode Mode { get; init; } = EngineMode.Invariant;

    /// <summary>Tokens of prompt and answer of one sequence; 0 for the model's own, up to 4,096.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Sequences each node runs at once.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Port of the node gateway on loopback, 0 for none.</summary>
    public int GatewayPort { get; init; } = 5081;

    /// <summary>Port on loopback between silos, 0 for any free one.</summary>
    public int SiloPort { get; init; }

    /// <summary>Port on loopback for Orleans clients, 0 for any free one.</summary>
    public int ClientPort { get; init; }

    /// <summary>PostgreSQL connection string for the books, cluster membership and grain state; null keeps them in SQLite and this process.</summary>
    public string? Postgres { get; init; }

    /// <summary>The development API key; null for a random one kept in the data folder.</summary>
    public string? DevelopmentKey { get; init; }

    /// <summary>What the development account starts with. Micro-units.</summary>
    public long DevelopmentBalanceMicros { get; init; } = 1_000_000_000;

    /// <summary>Price per 1,000 prompt tokens that the nodes here ask. Micro-units.</summary>
    public long InputPriceMicros { get; init; } = 1_000;

    /// <summary>Price per 1,000 output tokens that the nodes here ask. Micro-units.</summary>
    public long OutputPriceMicros { get; init; } = 3_000;

    /// <summary>The llama.cpp build of this process.</summary>
    public LlamaLibraryOptions Libraries => LlamaLibraryOptions.For(Mode);

    public NetworkOptions Network { get; init; } = new() { DevelopmentBondMicros = 100_000_000 };

    /// <summary>The chain to settle on; null where the ledger alone settles.</summary>
    public ChainSettings? Chain { get; init; }

    /// <summary>Account of the development key: an address where money comes over a chain.</summary>
    public string DevelopmentAccount { get; init; } = DevelopmentKeys.Account;

    /// <summary>For the embedded network, where no money comes from outside or leaves: a faucet, and payouts that are paid at once.</summary>
    public void UsePlayMoney()
    {
        Network.FaucetMicros = DevelopmentBalanceMicros;
        Network.DevelopmentPayouts = true;
    }

    /// <summary>For a network with a chain: collateral and deposits come from there alone.</summary>
    public void UseChainMoney()
    {
        Network.FaucetMicros = 0;
        Network.DevelopmentPayouts = false;
        Network.DevelopmentBondMicros = 0;
    }

    /// <summary>Everything that is wrong; empty when valid.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [.. Network.Problems()];
        problems.AddRange(ModelFile.Problems(Models));
        problems.AddRange(Chain?.Problems() ?? []);
        if (MemoryMegabytes is < 1)
            problems.Add($"--memory-mb is {MemoryMegabytes}, must be at least 1.");
        if (Nodes is < 0 or > 32)
            problems.Add($"--nodes is {Nodes}, must be 0 to 32.");
        if (Cheater is not null && !Misbehaviour.Names.ContainsKey(Cheater))
            problems.Add($"--cheater is '{Cheater}', must be one of {string.Join(", ", Misbehaviour.Names.Keys)}.");
        if (Cheater is not null && (Cheaters < 1 || Cheaters > Nodes))
            problems.Add($"--cheaters is {Cheaters}, must be 1 to the number of nodes.");
        if (Threads < 1 || Slots < 1)
            problems.Add("--threads and --slots are at least 1.");
        if (DevelopmentKey is { Length: < 8 or > 128 })
            problems.Add("--dev-key has 8 to 128 characters.");
        return problems;
    }
}
