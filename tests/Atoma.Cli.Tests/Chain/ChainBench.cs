using System.CommandLine;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atoma.Cli.Chain;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Tests.Chain;

/// <summary>What a command returned and said.</summary>
internal sealed record Said(int Code, string Output, string Error);

/// <summary>A real chain, contracts that 'chain deploy' put there, keys in files, and a network's API that the test speaks for.</summary>
internal sealed class ChainBench : IAsyncDisposable
{
    public const int CollateralMin = 1_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, NodeKey> _keys = [];
    private readonly LocalChain _local;

    private ChainBench(LocalChain local)
    {
        _local = local;
        Chain = local.CreateClient(ContractErrors.Table);
    }

    public JsonRpcChainClient Chain { get; }

    public FakeNetwork Network { get; } = new();

    public string Rpc => _local.Endpoint.ToString();

    public Said Deployed { get; private set; } = null!;

    public SettlementContract Contract { get; private set; } = null!;

    public TokenContract Token { get; private set; } = null!;

    public SettlementTypedData Typed { get; private set; } = null!;

    /// <summary>A chain without contracts.</summary>
    public static async Task<ChainBench> StartBareAsync(ulong chainId) =>
        new(await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find(), ChainId = chainId }, TimeProvider.System, None));

    /// <summary>A local chain with contracts: an epoch of a minute, one verdict signer, the settler with ether.</summary>
    public static async Task<ChainBench> StartAsync()
    {
        var bench = await StartBareAsync(31_337);
        bench.Deployed = await bench.RunAsync(
            "deploy", "--rpc", bench.Rpc, "--settler", bench.Address("settler"), "--verdict-signer", bench.Address("judge"), "--epoch", "60", "--collateral-min", $"{CollateralMin}");
        Assert.Equal("", bench.Deployed.Error);
        bench.Contract = new SettlementContract(bench.Chain, bench.Named("Settlement"));
        bench.Token = new TokenContract(bench.Chain, bench.Named("Token"));
        bench.Typed = new SettlementTypedData(31_337, bench.Contract.Address);
        bench.TellChain(31_337);
        await bench.OnChainAsync("fund", bench.Address("settler"), "0");
        return bench;
    }

    public NodeKey Key(string name)
    {
        if (!_keys.TryGetValue(name, out var key))
            _keys[name] = key = KeyFile.Create(File(name));
        return key;
    }

    public string File(string name) => _folder.File(name + ".key");

    public string Address(string name) => Key(name).Id.ToString();

    /// <summary>An address that 'chain deploy' printed.</summary>
    public NodeId Named(string line) => NodeId.Parse(Regex.Match(Deployed.Output, $"^{line} +(0x[0-9a-fA-F]{{40}})", RegexOptions.Multiline, TimeSpan.FromSeconds(1)).Groups[1].Value);

    /// <summary>The command line as a person types it.</summary>
    public static async Task<Said> RunAsync(string api, string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await ChainCommand.Build(TimeProvider.System).Parse([.. arguments, .. api.Length > 0 ? new[] { "--api", api } : []])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return new Said(code, output.ToString(), error.ToString());
    }

    /// <summary>'deploy', which asks no API.</summary>
    public Task<Said> RunAsync(params string[] arguments) => RunAsync("", arguments);

    public Task<Said> OffChainAsync(params string[] arguments) => RunAsync(Network.Address, arguments);

    public Task<Said> OnChainAsync(params string[] arguments) => RunAsync(Network.Address, [.. arguments, "--rpc", Rpc]);

    /// <summary>Signed by a named key; has to be done.</summary>
    public async Task<string> DoneAsync(string key, params string[] arguments)
    {
        Key(key);
        var said = await OnChainAsync([.. arguments, "--key", File(key)]);
        Assert.Equal((0, ""), (said.Code, said.Error));
        return said.Output;
    }

    /// <summary>Signed by a named key; has to be refused with 1, and nothing sent.</summary>
    public async Task<string> RefusedAsync(string key, params string[] arguments)
    {
        var before = await Chain.NonceAsync(Key(key).Id, null, None);
        var said = await OnChainAsync([.. arguments, "--key", File(key)]);
        Assert.Equal(ExitCode.Failed, said.Code);
        Assert.Equal(before, await Chain.NonceAsync(Key(key).Id, null, None));
        return said.Error;
    }

    public async Task FundAsync(string key, long micros) => Assert.Equal(0, (await OnChainAsync("fund", Address(key), $"{micros}")).Code);

    public Task<ChainReceipt> SettleAsync(string key, byte[] data) => new TransactionSender(Chain, Key(key), TimeProvider.System).SendAsync(Contract.Address, data, None);

    public Task PassAsync(TimeSpan time) => _local.IncreaseTimeAsync(time, None);

    public async Task<long> TokensAsync(string key) => (await Token.BalanceAsync(Key(key).Id, null, None)).Value;

    /// <summary>The API's answer to GET /v1/chain.</summary>
    public void TellChain(ulong chainId, string problem = "") => Network.Answer("/v1/chain", new JsonObject
    {
        ["object"] = "chain", ["chain_id"] = chainId, ["token"] = Token.Address.ToString(), ["settlement"] = Contract.Address.ToString(), ["gateway"] = Named("Gateway").ToString(),
        ["settler"] = Address("settler"), ["head_block"] = 20, ["final_block"] = 18, ["applied_block"] = 17, ["epoch"] = 4, ["backing_micros"] = 900, ["posted_micros"] = 800,
        ["claimed_micros"] = 700, ["holdings_micros"] = 12_345, ["ledger_micros"] = 12_340, ["difference_micros"] = 5, ["in_flight"] = 0,
        ["outbox"] = new JsonObject { ["open"] = 2, ["failed"] = 1, ["oldest_at"] = "2026-01-02T03:04:05.000Z" }, ["problem"] = problem,
    });

    /// <summary>The API's answer for an account, with what the contract says of it.</summary>
    public async Task TellAccountAsync(string key, long voucher)
    {
        var position = await Contract.RequesterAsync(Key(key).Id, null, None);
        Network.Answer($"/v1/chain/accounts/{Address(key)}", new JsonObject
        {
            ["object"] = "chain.account", ["address"] = Address(key), ["deposit_micros"] = position.Balance.Value, ["redeemed_micros"] = position.Redeemed.Value,
            ["exiting_micros"] = position.Exiting.Value, ["exit_at"] = null, ["voucher_micros"] = voucher, ["reserve_micros"] = position.Balance.Value, ["balance_micros"] = 0,
            ["held_micros"] = 0, ["set_aside_micros"] = 0, ["spent_micros"] = position.Redeemed.Value,
        });
    }

    /// <summary>The API's answer for a node, with what the contract says of it.</summary>
    /// <param name="key">The node's.</param>
    /// <param name="claim">What it can claim, or null.</param>
    public async Task TellNodeAsync(string key, JsonObject? claim)
    {
        var position = await Contract.NodeAsync(Key(key).Id, null, None);
        Network.Answer($"/v1/chain/nodes/{Address(key)}", new JsonObject
        {
            ["object"] = "chain.node", ["address"] = Address(key), ["owner"] = position.Owner.IsZero ? "" : position.Owner.ToString(),
            ["receipt_key"] = position.ReceiptKey.IsZero ? "" : position.ReceiptKey.ToString(), ["bonded_micros"] = position.Bonded.Value,
            ["unbonding_micros"] = position.Unbonding.Value, ["frozen_micros"] = position.Frozen.Value, ["claimed_micros"] = position.Claimed.Value,
            ["collateral_micros"] = position.Bonded.Value, ["ledger_frozen_micros"] = 0, ["earnings_micros"] = position.Owner.IsZero ? 0 : 11, ["payable_micros"] = position.Owner.IsZero ? 0 : 22, ["claim"] = claim,
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var key in _keys.Values)
            key.Dispose();
        Network.Dispose();
        await _local.DisposeAsync();
        _folder.Dispose();
    }
}
