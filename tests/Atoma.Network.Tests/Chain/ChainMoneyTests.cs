using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Network.Tests.Chain;

public sealed class MoneyNetwork : IAsyncLifetime
{
    public ChainNetwork Network { get; private set; } = null!;

    public async Task InitializeAsync() => Network = await ChainNetwork.StartAsync("--epoch", "5", "--nodes", "4");

    public async Task DisposeAsync() => await Network.DisposeAsync();
}

/// <summary>From a deposit to a claim and an exit on a real chain (P10): every unit is where both sides say it is.</summary>
public sealed class ChainMoneyTests(MoneyNetwork money) : IClassFixture<MoneyNetwork>
{
    private const string Model = LiveNetwork.Model;

    private readonly ChainNetwork _network = money.Network;

    [Fact]
    public async Task Requester_DepositsAsksAndLeaves_NodesClaimWhatItSpent()
    {
        const long Deposit = 1_000_000, Voucher = 300_000;
        using var wallet = await _network.WalletAsync(Deposit);
        await _network.DepositAsync(wallet, Deposit);
        // Final, but nothing can be spent before a voucher says so.
        await Eventually.TrueAsync(async () => Number(await _network.AccountAsync(wallet.Id), "reserve_micros") == Deposit);
        using var client = await _network.ApiClientAsync(wallet);
        Assert.Equal(402, (int)(await AskAsync(client, "none")).Status);
        await _network.VouchAsync(wallet, Voucher);
        await Eventually.TrueAsync(async () => Number(await _network.AccountAsync(wallet.Id), "balance_micros") == Voucher);

        long spent = 0;
        foreach (var level in new[] { "none", "checked", "replicated:3" })
        {
            var (status, answer) = await AskAsync(client, level);
            Assert.True((int)status == 200, answer.ToJsonString());
            spent += answer["atoma"]!["price_micros"]!.GetValue<long>();
        }

        // The epoch closes: the voucher is redeemed for exactly that.
        await Eventually.TrueAsync(async () => Number(await _network.AccountAsync(wallet.Id), "redeemed_micros") == spent);
        var account = await _network.AccountAsync(wallet.Id);
        Assert.Equal(spent, Number(account, "spent_micros"));
        Assert.Equal(Deposit - spent, Number(account, "deposit_micros"));
        Assert.Equal(Deposit - Voucher, Number(account, "reserve_micros"));
        Assert.Equal(Voucher - spent, Number(account, "balance_micros"));

        await ClaimAsync();
        await LeaveAsync(wallet, Deposit - spent);
        await _network.SettledAsync();
        Assert.Equal(0, await _network.Live.DifferenceAsync());
    }

    [Fact]
    public async Task Contract_AsksForInference_GetsItsAnswerByCallback()
    {
        const long MaxFee = 50_000;
        using var member = await _network.WalletAsync(MaxFee);
        var vote = await DeployVoteAsync(member.Id);
        await _network.SendAsync(member, _network.Token, TokenCalls.Approve(vote, new Micros(MaxFee)));
        var propose = new AbiFunction("propose(string text, uint128 maxFee) returns (bytes32 id)");
        var receipt = await _network.SendAsync(member, vote, propose.Encode("Plant a hundred trees in the park.", MaxFee));
        var asked = (GatewayEvent.InferenceRequested)receipt.Logs.Where(l => l.Address == _network.GatewayAddress).Select(GatewayEvents.TryRead).Single(e => e is GatewayEvent.InferenceRequested)!;
        Assert.Equal(vote, asked.Caller);

        // Asked (1) until the callback: voting (2), or spam (3). Which of the two is the model's business.
        var proposals = new AbiFunction("proposals(bytes32 id) returns (uint8 state, uint64 votingEndsAt, uint32 yes, uint32 no, bytes32 textHash)");
        await Eventually.TrueAsync(async () => (System.Numerics.BigInteger)(await ReadAsync(vote, proposals, asked.Id))[0] != 1);
        Assert.Contains((int)(System.Numerics.BigInteger)(await ReadAsync(vote, proposals, asked.Id))[0], new[] { 2, 3 });

        // The same request is in the network's books, at L4, with its receipt's price as the fee.
        await _network.SettledAsync();
        var request = Protocol.Requests.RequestSpec.IdOf(vote.ToAccount(), asked.Id);
        var withdrawable = await new GatewayContract(_network.Client, _network.GatewayAddress).WithdrawableAsync(vote, atBlock: null, default);
        Assert.InRange(withdrawable.Value, 1, MaxFee - 1);
        Assert.DoesNotContain("CallbackFailed", _network.Live.Output);
        Assert.Contains($"Request {request} settled", _network.Live.Output);
        Assert.Equal(0, await _network.Live.DifferenceAsync());
    }

    [Fact]
    public async Task Contract_EscrowsTooLittle_IsDeclinedAndHasItsFeeBack()
    {
        using var caller = await _network.WalletAsync(10);
        await _network.SendAsync(caller, _network.Token, TokenCalls.Approve(_network.GatewayAddress, new Micros(10)));
        await _network.SendAsync(caller, _network.GatewayAddress, GatewayCalls.Request(Model, Encoding.UTF8.GetBytes("What is Atoma?"), 32, 3, new Micros(1), 0));
        var gateway = new GatewayContract(_network.Client, _network.GatewayAddress);
        await Eventually.TrueAsync(async () => (await gateway.WithdrawableAsync(caller.Id, atBlock: null, default)).Value == 1);
        await _network.SettledAsync();
    }

    [Fact]
    public async Task Operator_CreditOrPayoutInTheBooksAlone_IsRefusedWithTheWayToDoIt()
    {
        using var admin = new HttpClient { BaseAddress = _network.Live.Client.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(_network.Live.Data, "keys", "admin.key"))).Trim());
        using var keys = Ethereum.Keys.KeyFile.Load(Path.Combine(_network.Live.Data, "keys", "requester.key"));
        using var credit = await admin.PostAsJsonAsync($"/v1/admin/accounts/{keys.Id.ToAccount()}/credit", new JsonObject { ["amount_micros"] = 5, ["reference"] = "r" });
        Assert.Equal("deposits_on_chain", JsonNode.Parse(await credit.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
    }

    /// <summary>All that nodes can claim goes to their owner, and leaves the books.</summary>
    private async Task ClaimAsync()
    {
        var nodes = await _network.NodesAsync();
        // The newest root has everything, and can be claimed from once its delay is over.
        await Eventually.TrueAsync(async () =>
        {
            await _network.PassAsync(TimeSpan.FromMinutes(1.1));
            var all = await Task.WhenAll(nodes.Select(_network.NodeAsync));
            return all.All(n => Number(n, "earnings_micros") == 0 && Number(n, "payable_micros") == (n["claim"] is JsonObject c ? Number(c, "cumulative_micros") - Number(n, "claimed_micros") : 0))
                && all.Any(n => n["claim"] is not null);
        });
        using var owner = _network.Operator;
        var before = await _network.TokensAsync(owner.Id);
        long claimed = 0;
        foreach (var node in nodes)
        {
            if ((await _network.NodeAsync(node))["claim"] is not JsonObject claim)
                continue;
            var leaf = new PayoutLeaf(node, new Micros(Number(claim, "cumulative_micros")));
            Hash32[] proof = [.. claim["proof"]!.AsArray().Select(p => Hash32.Parse(p!.GetValue<string>()[2..]))];
            Assert.True(PayoutTree.Verify(Hash32.Parse(claim["root"]!.GetValue<string>()[2..]), leaf, proof));
            await _network.SendAsync(owner, _network.SettlementAddress, SettlementCalls.Claim(Number(claim, "epoch"), leaf, proof));
            claimed += leaf.Cumulative.Value;
        }

        Assert.True(claimed > 0);
        Assert.Equal(claimed, (await _network.TokensAsync(owner.Id) - before).Value);
        await Eventually.TrueAsync(async () => await SumAsync(nodes, "claimed_micros") == claimed && await SumAsync(nodes, "payable_micros") == 0);
    }

    /// <summary>The requester leaves with the rest, without anybody's help.</summary>
    private async Task LeaveAsync(Ethereum.Keys.NodeKey wallet, long rest)
    {
        await _network.SendAsync(wallet, _network.SettlementAddress, SettlementCalls.RequestExit(new Micros(rest)));
        await Eventually.TrueAsync(async () => Number(await _network.AccountAsync(wallet.Id), "set_aside_micros") == rest);
        Assert.Equal(0, Number(await _network.AccountAsync(wallet.Id), "balance_micros"));
        await _network.PassAsync(TimeSpan.FromMinutes(2));
        await _network.SendAsync(wallet, _network.SettlementAddress, SettlementCalls.Exit());
        Assert.Equal(rest, (await _network.TokensAsync(wallet.Id)).Value);
        await Eventually.TrueAsync(async () =>
        {
            var account = await _network.AccountAsync(wallet.Id);
            return Number(account, "deposit_micros") == 0 && Number(account, "set_aside_micros") == 0 && Number(account, "reserve_micros") == 0;
        });
    }

    private async Task<NodeId> DeployVoteAsync(NodeId member)
    {
        using var artifact = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "chain", "ProposalVote.json")));
        var code = Convert.FromHexString(artifact.RootElement.GetProperty("bytecode").GetString()![2..]);
        var constructor = new AbiFunction("constructor(address gateway, string model, address[] members, uint64 votingPeriod)");
        using var deployer = Ethereum.Local.DevelopmentKeys.Get(1);
        var receipt = await _network.SendAsync(deployer, to: null, [.. code, .. constructor.EncodeArguments(_network.GatewayAddress, Model, new object[] { member }, 3_600)]);
        return receipt.Contract!.Value;
    }

    private async Task<object[]> ReadAsync(NodeId contract, AbiFunction function, params object[] arguments) =>
        function.DecodeResult(await _network.Client.CallAsync(new Ethereum.Chain.ChainCall(contract, function.Encode(arguments)), atBlock: null, default));

    private async Task<long> SumAsync(IEnumerable<NodeId> nodes, string field)
    {
        long sum = 0;
        foreach (var node in nodes)
            sum += Number(await _network.NodeAsync(node), field);
        return sum;
    }

    private static async Task<(System.Net.HttpStatusCode Status, JsonObject Body)> AskAsync(HttpClient client, string integrity)
    {
        using var answer = await client.PostAsJsonAsync("/v1/chat/completions", new JsonObject
        {
            ["model"] = Model, ["integrity"] = integrity, ["max_tokens"] = 24, ["temperature"] = 0,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "What is Atoma?" }),
        });
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    private static long Number(JsonObject body, string field) => body[field]!.GetValue<long>();
}
