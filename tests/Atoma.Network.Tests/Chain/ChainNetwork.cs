using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Network.Tests.Chain;

/// <summary>A whole network on a real local chain, as a user starts it with <c>--chain local</c>, and a wallet's hands on both.</summary>
public sealed class ChainNetwork : IAsyncDisposable
{
    private readonly JsonRpcEndpoint _rpc;
    private readonly bool _ownsLive;

    private ChainNetwork(LiveNetwork live, bool ownsLive, Uri endpoint, JsonObject about)
    {
        Live = live;
        _ownsLive = ownsLive;
        _rpc = new JsonRpcEndpoint(new JsonRpcOptions { Endpoint = endpoint }, TimeProvider.System);
        Client = new JsonRpcChainClient(_rpc, ContractErrors.Table);
        (Token, SettlementAddress, GatewayAddress) = (Address("token"), Address("settlement"), Address("gateway"));
        ChainId = about["chain_id"]!.GetValue<ulong>();
        Settlement = new SettlementContract(Client, SettlementAddress);
        Typed = new SettlementTypedData(ChainId, SettlementAddress);

        NodeId Address(string name) => NodeId.Parse(about[name]!.GetValue<string>());
    }

    public LiveNetwork Live { get; }

    public IChainClient Client { get; }

    public NodeId Token { get; }

    public NodeId SettlementAddress { get; }

    public NodeId GatewayAddress { get; }

    public ulong ChainId { get; }

    public SettlementContract Settlement { get; }

    public SettlementTypedData Typed { get; }

    /// <summary>Owns the network's own nodes.</summary>
    public NodeKey Operator => KeyFile.Load(Path.Combine(Live.Data, "keys", "operator.key"));

    public static async Task<ChainNetwork> StartAsync(params string[] arguments)
    {
        var live = await LiveNetwork.StartAsync(["--chain", "local", .. arguments]);
        return new ChainNetwork(live, ownsLive: true, new Uri(EndpointOf(live.Output)), await live.GetAsync("/v1/chain"));
    }

    /// <summary>The same network on the same data after it was killed: its chain has another port.</summary>
    public async Task<ChainNetwork> StartAgainAsync()
    {
        await Live.StartAgainAsync();
        return new ChainNetwork(Live, ownsLive: false, new Uri(EndpointOf(Live.Output)), await Live.GetAsync("/v1/chain"));
    }

    public Task<JsonObject> AccountAsync(NodeId user) => Live.GetAsync($"/v1/chain/accounts/{user}");

    public Task<JsonObject> NodeAsync(NodeId node) => Live.GetAsync($"/v1/chain/nodes/{node}");

    public async Task<IReadOnlyList<NodeId>> NodesAsync() =>
        [.. (await Live.GetAsync("/v1/nodes"))["data"]!.AsArray().Select(n => NodeId.Parse(n!["id"]!.GetValue<string>()))];

    public Task<Micros> TokensAsync(NodeId account) => new TokenContract(Client, Token).BalanceAsync(account, atBlock: null, default);

    public Task<ChainReceipt> SendAsync(NodeKey from, NodeId? to, byte[] data) => new TransactionSender(Client, from, TimeProvider.System).SendAsync(to, data, default);

    /// <summary>A wallet with gas and tokens.</summary>
    public async Task<NodeKey> WalletAsync(long micros)
    {
        var wallet = NodeKey.Generate();
        await DoAsync("anvil_setBalance", wallet.Id.ToString(), "0x56bc75e2d63100000");
        using var mint = DevelopmentKeys.Get(0);
        await SendAsync(mint, Token, TokenCalls.Mint(wallet.Id, new Micros(micros)));
        return wallet;
    }

    public async Task DepositAsync(NodeKey wallet, long micros)
    {
        await SendAsync(wallet, Token, TokenCalls.Approve(SettlementAddress, new Micros(micros)));
        await SendAsync(wallet, SettlementAddress, SettlementCalls.Deposit(wallet.Id, new Micros(micros)));
    }

    public async Task VouchAsync(NodeKey wallet, long cumulative)
    {
        var signature = wallet.Sign(Typed.Voucher(wallet.Id, new Micros(cumulative)));
        using var answer = await Live.Client.PostAsJsonAsync("/v1/chain/vouchers", new JsonObject
        {
            ["account"] = wallet.Id.ToString(), ["cumulative_micros"] = cumulative, ["signature"] = "0x" + Convert.ToHexStringLower(signature),
        });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>An API key that the wallet's owner chose; only its hash leaves the owner.</summary>
    public async Task<HttpClient> ApiClientAsync(NodeKey wallet)
    {
        var key = "wallet-" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        var hash = Hash32.Sha256(Encoding.UTF8.GetBytes(key));
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var answer = await Live.Client.PostAsJsonAsync("/v1/chain/keys", new JsonObject
        {
            ["account"] = wallet.Id.ToString(), ["key_hash"] = hash.ToString(), ["timestamp"] = now,
            ["signature"] = "0x" + Convert.ToHexStringLower(wallet.Sign(SigningDomain.ApiKey(wallet.Id, hash, (ulong)now))),
        });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var client = new HttpClient { BaseAddress = Live.Client.BaseAddress, Timeout = TimeSpan.FromMinutes(3) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Moves the chain's clock: windows that take hours are over.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        await DoAsync("evm_increaseTime", (long)time.TotalSeconds);
        await DoAsync("anvil_mine", 1);
    }

    /// <summary>Waits until nothing is in flight and both sides have the same sum.</summary>
    public Task SettledAsync() => Eventually.TrueAsync(async () =>
    {
        var chain = await Live.GetAsync("/v1/chain");
        return chain["in_flight"]!.GetValue<int>() == 0 && chain["outbox"]!["open"]!.GetValue<int>() == 0 && chain["difference_micros"]!.GetValue<long>() == 0;
    });

    public async Task DoAsync(string method, params JsonNode?[] arguments)
    {
        var reply = await _rpc.CallAsync(new JsonRpcCall(method, arguments), default);
        Assert.Null(reply.Error);
    }

    public async ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        if (_ownsLive)
            await Live.DisposeAsync();
    }

    /// <summary>The line that tells a person where the chain is.</summary>
    private static string EndpointOf(string output)
    {
        var line = output.Split('\n').Last(l => l.Contains("Chain ", StringComparison.Ordinal) && l.Contains(" at http://", StringComparison.Ordinal));
        return line[(line.IndexOf(" at ", StringComparison.Ordinal) + 4)..line.IndexOf(',', StringComparison.Ordinal)];
    }
}
