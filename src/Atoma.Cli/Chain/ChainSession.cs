using Atoma.Cli.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary>What a chain command was given.</summary>
/// <param name="Api">The network's REST API.</param>
/// <param name="Rpc">JSON-RPC endpoint of the chain; it may hold a secret and is never shown.</param>
/// <param name="Key">Key file.</param>
/// <param name="Settlement">Address of the settlement contract, instead of asking the API.</param>
internal sealed record ChainOptions(string Api, string? Rpc, string? Key, string? Settlement);

/// <summary>Opens what a command needs of its options, when it needs it, and closes it again.</summary>
internal sealed class ChainSession(ChainOptions options, TextWriter output, TimeProvider time) : IDisposable
{
    /// <summary>The network may be busy with the chain itself.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<IDisposable> _open = [];

    private ChainApi? _api;
    private JsonRpcEndpoint? _endpoint;
    private NodeKey? _key;

    public TextWriter Output => output;

    public TimeProvider Time => time;

    /// <exception cref="FormatException">The option is no address.</exception>
    public ChainApi Api => _api ??= new ChainApi(Keep(new HttpClient { BaseAddress = Address("--api", options.Api), Timeout = Patience }));

    /// <exception cref="FormatException">The option is missing or no address.</exception>
    public JsonRpcEndpoint Endpoint => _endpoint ??= Keep(new JsonRpcEndpoint(new JsonRpcOptions { Endpoint = Address("--rpc", options.Rpc) }, time));

    public IChainClient Chain => new JsonRpcChainClient(Endpoint, ContractErrors.Table);

    public bool HasKey => options.Key is not null;

    /// <exception cref="FormatException">The option is missing.</exception>
    /// <exception cref="KeyFileException">The file is no key file.</exception>
    public NodeKey Key => _key ??= LoadKey(options.Key ?? throw new FormatException("--key FILE is missing: the key that signs."));

    /// <summary>Another key; closed with the session.</summary>
    /// <exception cref="KeyFileException">The file is no key file.</exception>
    public NodeKey LoadKey(string file) => Keep(KeyFile.Load(file));

    /// <summary>What --settlement says, or the API, whose chain it has to be.</summary>
    /// <exception cref="DeskRefusedException">The API has no chain, or --rpc is another one.</exception>
    public async Task<NodeId> SettlementAsync(ulong chainId, CancellationToken cancellationToken)
    {
        if (options.Settlement is { } given)
            return Parsed.Address("--settlement", given);
        var network = await Api.ChainAsync(cancellationToken);
        return network.ChainId == chainId
            ? Parsed.Address("The API's settlement contract", network.Settlement)
            : throw new DeskRefusedException($"--rpc is chain {chainId}, and the network at --api settles on chain {network.ChainId}. Name an endpoint of that chain.");
    }

    public void Dispose() => _open.ForEach(o => o.Dispose());

    private T Keep<T>(T opened)
        where T : IDisposable
    {
        _open.Add(opened);
        return opened;
    }

    private static Uri Address(string option, string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new FormatException(text is null ? $"{option} URL is missing." : $"{option} must be an http address, such as http://127.0.0.1:8545.");
}

/// <summary>Arguments as typed; a <see cref="FormatException"/> says which is wrong.</summary>
internal static class Parsed
{
    /// <summary>Instead of an amount.</summary>
    public const string All = "all";

    public static NodeId Address(string what, string text) =>
        NodeId.TryParse(text, out var address) ? address : throw new FormatException($"{what} is '{text}', must be an address: 0x and 40 hex digits, whose upper and lower case is a checksum.");

    public static Hash32 Slash(string text) =>
        Hash32.TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no id of a slash, 64 hex digits; 'node slashes' lists them.");

    public static Micros Amount(long micros) =>
        micros > 0 ? new Micros(micros) : throw new FormatException($"The amount is {micros} micros, must be above 0.");

    /// <summary>Null for "all".</summary>
    public static Micros? AmountOrAll(string text) =>
        text == All ? null
        : long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var micros) ? Amount(micros)
        : throw new FormatException($"The amount is '{text}', must be a number of micros or '{All}'.");
}
