using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atoma.Ethereum;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Settlement;

namespace Atoma.Cli.Tests.Chain;

/// <summary>Deposits, vouchers, keys and exits, on a real chain.</summary>
public sealed class RequesterDeskTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private ChainBench _bench = null!;

    public async Task InitializeAsync() => _bench = await ChainBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private Task<RequesterPosition> PositionAsync(string key) => _bench.Contract.RequesterAsync(_bench.Key(key).Id, null, None);

    [Fact]
    public async Task Deposit_WithTokens_AllowsWhatIsMissingAndPaysIn()
    {
        await _bench.FundAsync("user", 1_000);
        Assert.Equal(1_000, await _bench.TokensAsync("user"));
        var said = await _bench.DoneAsync("user", "deposit", "600");
        Assert.Contains("Allowed the contract to take 600 micros: transaction 0x", said, StringComparison.Ordinal);
        Assert.Contains("is final", said, StringComparison.Ordinal);
        Assert.Contains("chain voucher all", said, StringComparison.Ordinal);
        Assert.Equal(new Micros(600), (await PositionAsync("user")).Balance);

        // For somebody else; what is allowed already is not allowed again.
        await new Ethereum.Transactions.TransactionSender(_bench.Chain, _bench.Key("user"), TimeProvider.System)
            .SendAsync(_bench.Token.Address, TokenCalls.Approve(_bench.Contract.Address, new Micros(500)), None);
        var other = await _bench.DoneAsync("user", "deposit", "150", "--for", _bench.Address("other"));
        Assert.DoesNotContain("Allowed", other, StringComparison.Ordinal);
        Assert.Equal((new Micros(600), new Micros(150)), ((await PositionAsync("user")).Balance, (await PositionAsync("other")).Balance));
        Assert.Equal(250, await _bench.TokensAsync("user"));
    }

    [Fact]
    public async Task Deposit_WithoutEnoughTokensOrEther_SendsNothing()
    {
        var noEther = await _bench.RefusedAsync("user", "deposit", "600");
        Assert.Contains($"chain fund {_bench.Address("user")} 0", noEther, StringComparison.Ordinal);
        await _bench.FundAsync("user", 100);
        var tooFew = await _bench.RefusedAsync("user", "deposit", "600");
        Assert.Contains("has 100 micros", tooFew, StringComparison.Ordinal);
        Assert.Contains($"chain fund {_bench.Address("user")} 500", tooFew, StringComparison.Ordinal);

        // The guardian is anvil's first key, as the deployer.
        using var guardian = Ethereum.Local.DevelopmentKeys.Get(0);
        await new Ethereum.Transactions.TransactionSender(_bench.Chain, guardian, TimeProvider.System).SendAsync(_bench.Contract.Address, ParameterCalls.Pause(), None);
        Assert.Contains("paused", await _bench.RefusedAsync("user", "deposit", "50"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Voucher_OfAll_IsOneThatTheContractRedeems()
    {
        await _bench.FundAsync("user", 1_000);
        await _bench.DoneAsync("user", "deposit", "900");
        await RedeemAsync(await VoucherAsync("all", 0), 400);
        Assert.Equal(new RequesterPosition(new Micros(500), new Micros(400), Micros.Zero, null), await PositionAsync("user"));

        // Deposit and what was redeemed of it: the sum is over the account's life.
        await _bench.DoneAsync("user", "deposit", "100");
        var second = await VoucherAsync("all", 900);
        Assert.Equal(1_000, second["cumulative_micros"]!.GetValue<long>());
        await RedeemAsync(second, 1_000);
        Assert.Equal(new RequesterPosition(Micros.Zero, new Micros(1_000), Micros.Zero, null), await PositionAsync("user"));
    }

    private async Task<JsonObject> VoucherAsync(string sum, long kept)
    {
        await _bench.TellAccountAsync("user", kept);
        _bench.Network.Answer("/v1/chain/vouchers", new JsonObject { ["object"] = "voucher", ["account"] = _bench.Address("user"), ["cumulative_micros"] = 4_711, ["repeated"] = false });
        var said = await _bench.OffChainAsync("voucher", sum, "--key", _bench.File("user"));
        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.Contains("up to 4,711 micros", said.Output, StringComparison.Ordinal);
        return _bench.Network.Posted.Last();
    }

    private Task RedeemAsync(JsonObject posted, long spent) => _bench.SettleAsync("settler", SettlementCalls.Redeem(
    [
        new Redemption(
            NodeId.Parse(posted["account"]!.GetValue<string>()), new Micros(spent), new Micros(posted["cumulative_micros"]!.GetValue<long>()),
            Convert.FromHexString(posted["signature"]!.GetValue<string>()[2..])),
    ]));

    [Theory]
    [InlineData("all", "No deposit")]
    [InlineData("500", "only a higher sum")]
    [InlineData("0", "must be above 0")]
    [InlineData("1e3", "must be a number")]
    public async Task Voucher_ThatChangesNothing_IsNotSigned(string sum, string words)
    {
        await _bench.TellAccountAsync("user", sum == "500" ? 500 : 0);
        var said = await _bench.OffChainAsync("voucher", sum, "--key", _bench.File("user"));
        Assert.NotEqual(0, said.Code);
        Assert.Contains(words, said.Error, StringComparison.Ordinal);
        Assert.Empty(_bench.Network.Posted);
    }

    [Fact]
    public async Task ApiKey_IsShownOnce_AndItsHashIsSigned()
    {
        _bench.Network.Answer("/v1/chain/keys", new JsonObject { ["object"] = "key", ["id"] = "key_1", ["account"] = _bench.Address("user"), ["repeated"] = false });
        var said = await _bench.OffChainAsync("api-key", "--key", _bench.File("user"));
        Assert.Equal((0, ""), (said.Code, said.Error));
        var key = Regex.Match(said.Output, "atoma-[0-9a-f]{40}", RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
        var posted = Assert.Single(_bench.Network.Posted);
        var hash = Hash32.Sha256(System.Text.Encoding.UTF8.GetBytes(key));
        Assert.Equal(hash, Hash32.Parse(posted["key_hash"]!.GetValue<string>()));
        Assert.DoesNotContain(key, posted.ToJsonString(), StringComparison.Ordinal);
        var digest = SigningDomain.ApiKey(_bench.Key("user").Id, hash, (ulong)posted["timestamp"]!.GetValue<long>());
        Assert.Equal(_bench.Key("user").Id, new EthereumSignatures().Recover(digest, Convert.FromHexString(posted["signature"]!.GetValue<string>()[2..])));
    }

    [Fact]
    public async Task Exit_AskedCancelledAskedFinished_PaysAfterTheDelay()
    {
        await _bench.FundAsync("user", 1_000);
        Assert.Contains("no deposit", await _bench.RefusedAsync("user", "exit", "all"), StringComparison.Ordinal);
        await _bench.DoneAsync("user", "deposit", "900");
        Assert.Contains("900 micros", await _bench.RefusedAsync("user", "exit", "901"), StringComparison.Ordinal);
        Assert.Contains("chain exit --finish", await _bench.DoneAsync("user", "exit", "200"), StringComparison.Ordinal);
        Assert.Contains("is running", await _bench.RefusedAsync("user", "exit", "300"), StringComparison.Ordinal);
        await _bench.DoneAsync("user", "exit", "--cancel");
        Assert.Equal(new RequesterPosition(new Micros(900), Micros.Zero, Micros.Zero, null), await PositionAsync("user"));
        Assert.Contains("NoExitPending", await _bench.RefusedAsync("user", "exit", "--finish"), StringComparison.Ordinal);

        await _bench.DoneAsync("user", "exit", "all");
        Assert.Matches(@"ExitTooEarly\(availableAt: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)\. Repeat", await _bench.RefusedAsync("user", "exit", "--finish"));
        await _bench.PassAsync(TimeSpan.FromSeconds(121));
        Assert.Contains("900 micros to", await _bench.DoneAsync("user", "exit", "--finish"), StringComparison.Ordinal);
        Assert.Equal(1_000, await _bench.TokensAsync("user"));
    }
}
