using System.CommandLine;
using Atoma.Grains;
using Atoma.Inference.Engine;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Silo.Chain;
using Atoma.Silo.Nodes;

namespace Atoma.Silo.Hosting;

/// <summary>The command-line options of a core silo: the same for a silo alone and for the embedded network.</summary>
public sealed class SiloCommandLine
{
    private readonly Option<string> _data = new("--data") { Description = "Folder of the database, keys and caches.", DefaultValueFactory = _ => "data" };
    private readonly Option<int> _nodes = new("--nodes") { Description = "Nodes run in this process.", DefaultValueFactory = _ => 5 };
    private readonly Option<string[]> _model = new("--model") { Description = ModelFile.Help };
    private readonly Option<int?> _memory = new("--memory-mb") { Description = "Megabytes that the models of each node may take together; by default what the machine has available. Beyond it they are loaded and unloaded by turns." };
    private readonly Option<string?> _cheater = new("--cheater") { Description = $"The last node misbehaves, for demonstration: {string.Join(", ", Misbehaviour.Names.Keys)}." };
    private readonly Option<int> _cheaters = new("--cheaters") { Description = "How many of the last nodes misbehave, with --cheater.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _devKey = new("--dev-key") { Description = "The development API key; random and kept in the data folder by default." };
    private readonly Option<long> _devBalance = new("--dev-balance") { Description = "Micro-units the development account starts with.", DefaultValueFactory = _ => 1_000_000_000 };
    private readonly Option<int> _gatewayPort = new("--gateway-port") { Description = "Loopback port of the node gateway, 0 for none.", DefaultValueFactory = _ => 5081 };
    private readonly Option<int> _threads = new("--threads") { Description = "CPU threads of each node, for each model in memory.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _slots = new("--slots") { Description = "Sequences each node runs at once, of each model.", DefaultValueFactory = _ => 4 };
    private readonly Option<EngineMode> _mode = new("--mode") { Description = "invariant: answers are exact and can be checked; fast: as fast as llama.cpp can, only integrity \"none\".", DefaultValueFactory = _ => EngineMode.Invariant };
    private readonly Option<int> _context = new("--context") { Description = "Tokens of prompt and answer together; 0 for the model's own, up to 4,096.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _epoch = new("--epoch") { Description = "Length of an epoch in seconds; a slash executes one epoch after it was found.", DefaultValueFactory = _ => 3600 };
    private readonly Option<int> _commitTimeout = new("--commit-timeout") { Description = "Seconds without a token after which a node counts as silent (P5.9).", DefaultValueFactory = _ => 60 };
    private readonly Option<double?> _audit = new("--audit-probability") { Description = "Part of the sampled answers that is audited, 0 to 1; by default twice what makes honesty pay (P6.1)." };
    private readonly Option<bool> _privateWebhooks = new("--private-webhooks") { Description = "Webhooks may go to addresses that are not public, and by http." };
    private readonly Option<string?> _postgres = new("--postgres") { Description = "PostgreSQL connection string for the books, cluster membership and grain state, instead of SQLite files." };

    private readonly Option<string[]> _chain = new("--chain") { Description = "Settle on an EVM chain: 'local' starts one, with contracts and money (the embedded network only); else a JSON-RPC endpoint, several of which have to agree." };
    private readonly Option<string?> _chainSettlement = new("--chain-settlement") { Description = "Address of the settlement contract." };
    private readonly Option<string?> _chainGateway = new("--chain-gateway") { Description = "Address of the gateway contract." };
    private readonly Option<long> _chainStart = new("--chain-start") { Description = "Block of the settlement contract's creation.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _chainConfirmations = new("--chain-confirmations") { Description = "Blocks on top of one that make it final.", DefaultValueFactory = _ => 12 };
    private readonly Option<bool> _chainFinalized = new("--chain-finalized") { Description = "Believe the chain's own tag 'finalized' instead of counting blocks." };
    private readonly Option<string?> _settlerKey = new("--settler-key") { Description = "Key file of the contract's settler; settler.key among the data folder's keys by default." };
    private readonly Option<string[]> _verdictKey = new("--verdict-key") { Description = "Key files of verdict signers; verdict-1.key and so on among the data folder's keys by default." };

    /// <summary>Whether a local chain was asked for.</summary>
    public bool IsLocalChain(ParseResult given) => given.GetValue(_chain) is [ChainSettings.Local];

    /// <inheritdoc cref="IsLocalChain(ParseResult)"/>
    internal bool IsLocalChain(System.CommandLine.Parsing.CommandResult given) => given.GetValue(_chain) is [ChainSettings.Local];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _audit.Validators.Add(static given =>
        {
            if (given.GetValueOrDefault<double?>() is not (null or >= 0 and <= 1))
                given.AddError("--audit-probability must be 0 to 1.");
        });
        foreach (var option in new Option[] { _data, _nodes, _model, _memory, _cheater, _cheaters, _devKey, _devBalance, _gatewayPort, _threads, _slots, _mode, _context, _epoch, _commitTimeout, _audit, _privateWebhooks, _postgres, _chain, _chainSettlement, _chainGateway, _chainStart, _chainConfirmations, _chainFinalized, _settlerKey, _verdictKey })
            command.Options.Add(option);
    }

    /// <summary>The settings that were given.</summary>
    public SiloSettings Read(ParseResult given) => new()
    {
        DataDirectory = given.GetValue(_data)!,
        Models = ModelFile.Of(given.GetValue(_model)),
        MemoryMegabytes = given.GetValue(_memory),
        Nodes = given.GetValue(_nodes),
        Cheater = given.GetValue(_cheater),
        Cheaters = given.GetValue(_cheaters),
        DevelopmentKey = given.GetValue(_devKey),
        DevelopmentBalanceMicros = given.GetValue(_devBalance),
        GatewayPort = given.GetValue(_gatewayPort),
        Threads = given.GetValue(_threads),
        Slots = given.GetValue(_slots),
        Mode = given.GetValue(_mode),
        ContextTokens = given.GetValue(_context),
        Postgres = given.GetValue(_postgres),
        Chain = Chain(given),
        Network = new NetworkOptions
        {
            DevelopmentBondMicros = 100_000_000,
            EpochSeconds = given.GetValue(_epoch),
            WebhooksToPrivateAddresses = given.GetValue(_privateWebhooks),
            AuditPpm = given.GetValue(_audit) is { } probability ? (int)Math.Round(probability * Audit.Certain) : null,
            Request = new RequestOptions
            {
                CommitTimeoutMs = checked(given.GetValue(_commitTimeout) * 1000),
                CheckTimeoutMs = checked(given.GetValue(_commitTimeout) * 1000),
            },
        },
    };

    /// <summary>A local chain's settings are known once it runs.</summary>
    private ChainSettings? Chain(ParseResult given) => given.GetValue(_chain) is not { Length: > 0 } endpoints || IsLocalChain(given) ? null : new ChainSettings
    {
        Endpoints = endpoints,
        Settlement = given.GetValue(_chainSettlement) ?? "",
        Gateway = given.GetValue(_chainGateway) ?? "",
        StartBlock = given.GetValue(_chainStart),
        Confirmations = given.GetValue(_chainConfirmations),
        FinalizedTag = given.GetValue(_chainFinalized),
        SettlerKey = given.GetValue(_settlerKey),
        VerdictKeys = given.GetValue(_verdictKey) ?? [],
    };
}
