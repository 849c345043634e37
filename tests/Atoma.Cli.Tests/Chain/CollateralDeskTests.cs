using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Cli.Tests.Chain;

/// <summary>Registration, collateral and receipt keys, on a real chain.</summary>
public sealed class CollateralDeskTests : IAsyncLifetime
{
    private ChainBench _bench = null!;

    public async Task InitializeAsync()
    {
        _bench = await ChainBench.StartAsync();
        await _bench.FundAsync("owner", 10_000);
        _bench.Key("node");
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private string Node => _bench.Address("node");

    private string NodeFile => _bench.File("node");

    private Task<NodePosition> PositionAsync() => _bench.Contract.NodeAsync(_bench.Key("node").Id, null, CancellationToken.None);

    private Task<string> RegisterAsync() => _bench.DoneAsync("owner", "register", "--node-key", NodeFile, "--collateral", "5000");

    [Fact]
    public async Task Register_WithCollateral_MakesTheKeyItsOwner()
    {
        Assert.Contains("1,000 micros", await _bench.RefusedAsync("owner", "register", "--node-key", NodeFile, "--collateral", "999"), StringComparison.Ordinal);
        Assert.Contains("10,000 micros", await _bench.RefusedAsync("owner", "register", "--node-key", NodeFile, "--collateral", "10001"), StringComparison.Ordinal);
        var said = await RegisterAsync();
        Assert.Contains("5,000 micros bonded", said, StringComparison.Ordinal);
        Assert.Contains("is final", said, StringComparison.Ordinal);
        Assert.DoesNotContain("one key", said, StringComparison.Ordinal);
        var id = _bench.Key("node").Id;
        Assert.Equal(new NodePosition(_bench.Key("owner").Id, id, new Micros(5_000), Micros.Zero, Micros.Zero, Micros.Zero), await PositionAsync());
        Assert.Contains("registered already", await _bench.RefusedAsync("owner", "register", "--node-key", NodeFile, "--collateral", "1000"), StringComparison.Ordinal);
        Assert.Contains("Here both are one key", await _bench.DoneAsync("owner", "register", "--node-key", _bench.File("owner"), "--collateral", "1000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collateral_BondedUnbondedWithdrawn_GoesBackToTheOwnerAfterTheDelay()
    {
        await RegisterAsync();
        await _bench.FundAsync("friend", 300);
        Assert.Contains("only the node's owner", await _bench.DoneAsync("friend", "bond", Node, "300"), StringComparison.Ordinal);
        Assert.Equal(new Micros(5_300), (await PositionAsync()).Bonded);

        Assert.Contains("belongs to", await _bench.RefusedAsync("friend", "unbond", Node, "300"), StringComparison.Ordinal);
        Assert.Contains("5,300 micros bonded", await _bench.RefusedAsync("owner", "unbond", Node, "5301"), StringComparison.Ordinal);
        Assert.Contains("No collateral", await _bench.RefusedAsync("owner", "withdraw", Node), StringComparison.Ordinal);
        Assert.Contains("can still be slashed", await _bench.DoneAsync("owner", "unbond", Node, "2000"), StringComparison.Ordinal);
        Assert.Matches(@"2,000 micros can be taken from \d{4}-", await _bench.RefusedAsync("owner", "withdraw", Node));
        for (var i = 0; i < 7; i++)
            await _bench.DoneAsync("owner", "unbond", Node, "1");
        Assert.Contains("8 unbondings", await _bench.RefusedAsync("owner", "unbond", Node, "1"), StringComparison.Ordinal);

        // Unbonding takes an appeal and a ruling: five epochs of a minute. Anybody may send it; the owner is paid.
        await _bench.PassAsync(TimeSpan.FromSeconds(301));
        Assert.Contains($"2,007 micros to its owner {_bench.Address("owner")}", await _bench.DoneAsync("friend", "withdraw", Node), StringComparison.Ordinal);
        Assert.Equal(7_007, await _bench.TokensAsync("owner"));
        Assert.Equal((new Micros(3_293), Micros.Zero), ((await PositionAsync()).Bonded, (await PositionAsync()).Unbonding));
    }

    [Fact]
    public async Task Rotate_ToAKeyOfItsOwn_BindsIt()
    {
        await RegisterAsync();
        var key = _bench.Key("receipts").Id;
        Assert.Contains("belongs to", await _bench.RefusedAsync("settler", "rotate", Node, "--new-key", _bench.File("receipts")), StringComparison.Ordinal);
        Assert.Contains("already", await _bench.RefusedAsync("owner", "rotate", Node, "--new-key", NodeFile), StringComparison.Ordinal);
        await _bench.DoneAsync("owner", "rotate", Node, "--new-key", _bench.File("receipts"));
        Assert.Equal(key, (await PositionAsync()).ReceiptKey);

        // It is that node's for ever.
        await _bench.DoneAsync("owner", "register", "--node-key", _bench.File("owner"), "--collateral", "1000");
        Assert.Contains("stays bound", await _bench.RefusedAsync("owner", "rotate", _bench.Address("owner"), "--new-key", _bench.File("receipts")), StringComparison.Ordinal);
        Assert.Contains("stays bound", await _bench.RefusedAsync("owner", "register", "--node-key", _bench.File("receipts"), "--collateral", "1000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bond_OfAnUnknownNode_SaysWhatToDo() =>
        Assert.Contains("chain register", await _bench.RefusedAsync("owner", "bond", _bench.Address("nobody"), "5"), StringComparison.Ordinal);
}
