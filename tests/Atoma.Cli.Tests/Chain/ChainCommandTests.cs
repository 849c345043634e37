using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Cli.Chain;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;

namespace Atoma.Cli.Tests.Chain;

/// <summary>What people see, and what goes wrong before anything is sent.</summary>
public sealed class ChainCommandTests
{
    private const string A = "0x00000000000000000000000000000000000000aa";

    [Fact]
    public async Task StatusAndPosition_ShowChainBesideBooks()
    {
        await using var bench = await ChainBench.StartAsync();
        bench.TellChain(31_337, "the settler has no ether");
        var status = await bench.OffChainAsync("status");
        Assert.Equal(0, status.Code);
        Assert.Contains("5 micros: it should be 0", status.Output, StringComparison.Ordinal);
        Assert.Contains("2 transactions on their way, the oldest since 2026-01-02T03:04:05.000Z; 1 refused for good", status.Output, StringComparison.Ordinal);
        Assert.Contains("Problem      the settler has no ether", status.Output, StringComparison.Ordinal);

        await bench.TellAccountAsync("user", 0);
        await bench.TellNodeAsync("user", null);
        var stranger = await bench.OffChainAsync("position", bench.Address("user"));
        Assert.Contains("has nothing on the chain that is final", stranger.Output, StringComparison.Ordinal);
        await bench.FundAsync("user", 5_000);
        await bench.DoneAsync("user", "deposit", "700");
        await bench.DoneAsync("user", "register", "--node-key", bench.File("user"), "--collateral", "1234");
        await bench.TellAccountAsync("user", 300);
        await bench.TellNodeAsync("user", new JsonObject { ["epoch"] = 4, ["cumulative_micros"] = 22, ["root"] = "0x00", ["proof"] = new JsonArray() });
        var position = await bench.OffChainAsync("position", "--key", bench.File("user"));
        Assert.Equal(0, position.Code);
        Assert.Contains("700 micros deposited", position.Output, StringComparison.Ordinal);
        Assert.Contains("400 micros are not opened for spending: chain voucher all", position.Output, StringComparison.Ordinal);
        Assert.Contains("1,234 micros bonded", position.Output, StringComparison.Ordinal);
        Assert.Contains($"22 micros are under the root of epoch 4: chain claim {bench.Address("user")}", position.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_ToTheWrongChainOrContract_IsRefused()
    {
        await using var bench = await ChainBench.StartAsync();
        await bench.FundAsync("user", 100);
        bench.TellChain(1);
        Assert.Contains("--rpc is chain 31337, and the network at --api settles on chain 1", await bench.RefusedAsync("user", "deposit", "5"), StringComparison.Ordinal);
        Assert.Contains("is not Atoma's settlement contract", await bench.RefusedAsync("user", "deposit", "5", "--settlement", bench.Token.Address.ToString()), StringComparison.Ordinal);
        Assert.Contains("is not Atoma's settlement contract", await bench.RefusedAsync("user", "deposit", "5", "--settlement", bench.Named("Gateway").ToString()), StringComparison.Ordinal);

        // The contract by its address needs no API at all.
        var said = await ChainBench.RunAsync(
            "http://127.0.0.1:9", ["deposit", "5", "--key", bench.File("user"), "--rpc", bench.Rpc, "--settlement", bench.Contract.Address.ToString()]);
        Assert.Equal((0, ""), (said.Code, said.Error));
        var fund = await bench.OnChainAsync("fund", A, "5", "--key", bench.File("user"), "--settlement", bench.Contract.Address.ToString());
        Assert.Contains("Only the key that deployed", fund.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_ThatIsNotThereOrNone_IsExplained()
    {
        using var network = new FakeNetwork();
        Assert.Contains("cannot be reached", (await ChainBench.RunAsync("http://127.0.0.1:9", ["status"])).Error, StringComparison.Ordinal);
        Assert.Contains("--api must be an http address", (await ChainBench.RunAsync("localhost", ["status"])).Error, StringComparison.Ordinal);
        network.Answer("/v1/chain", new JsonObject { ["error"] = new JsonObject { ["message"] = "This network settles on its ledger alone." } }, status: 404);
        var alone = await ChainBench.RunAsync(network.Address, ["status"]);
        Assert.Equal((ExitCode.Failed, "This network settles on its ledger alone."), (alone.Code, alone.Error.Trim()));
        network.AnswerText("/v1/chain", "<html>");
        Assert.Contains("no Atoma API", (await ChainBench.RunAsync(network.Address, ["status"])).Error, StringComparison.Ordinal);
        network.AnswerText("/v1/chain", """{"chain_id":1}""");
        Assert.Contains("no Atoma API", (await ChainBench.RunAsync(network.Address, ["status"])).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("must be above 0", "deposit", "0", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("Key file 'none' does not exist", "deposit", "5", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("Key file 'none' does not exist", "voucher", "all", "--key", "none")]
    [InlineData("--for is 'bob'", "deposit", "5", "--for", "bob", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("node is '0x12'", "claim", "0x12", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("no id of a slash", "appeal", "7", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("Say one of", "exit", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("Say one of", "exit", "5", "--finish", "--rpc", "http://127.0.0.1:9", "--key", "none")]
    [InlineData("Name an address", "position")]
    [InlineData("must be 0 or above", "fund", A, "-5", "--rpc", "http://127.0.0.1:9")]
    [InlineData("--rpc must be an http address", "fund", A, "5", "--rpc", "127.0.0.1:8545")]
    public async Task Arguments_ThatAreWrong_AreNamed(string words, params string[] line)
    {
        var said = await ChainBench.RunAsync("", line);
        Assert.Equal(ExitCode.Unavailable, said.Code);
        Assert.Contains(words, said.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rpc", "deposit", "5", "--key", "k")]
    [InlineData("--key", "claim", A, "--rpc", "http://127.0.0.1:9")]
    [InlineData("--node-key", "register", "--collateral", "5", "--rpc", "http://127.0.0.1:9", "--key", "k")]
    public async Task Options_ThatAreMissing_AreNamed(string option, params string[] line)
    {
        var said = await ChainBench.RunAsync("", line);
        Assert.NotEqual(0, said.Code);
        Assert.Contains(option, said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_MadeOnce_IsShownAgain()
    {
        using var folder = new TempFolder();
        var file = folder.File("me.key");
        var made = await ChainBench.RunAsync("", ["key", file]);
        using var key = Ethereum.Keys.KeyFile.Load(file);
        Assert.Contains($"Address      {key.Id}", made.Output, StringComparison.Ordinal);
        Assert.Contains("made, in", made.Output, StringComparison.Ordinal);
        var shown = await ChainBench.RunAsync("", ["key", file]);
        Assert.Contains($"Address      {key.Id}", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("made", shown.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "no key");
        var wrong = await ChainBench.RunAsync("", ["key", file]);
        Assert.Equal((ExitCode.Unavailable, ""), (wrong.Code, wrong.Output));
    }

    [Fact]
    public void Advice_IsForErrorsThatTheContractsHave()
    {
        HashSet<string> declared = [];
        foreach (var contract in new[] { "AtomaSettlement", "DevelopmentToken" })
        {
            using var stream = typeof(ContractArtifact).Assembly.GetManifestResourceStream($"{contract}.json")!;
            using var document = JsonDocument.Parse(stream);
            declared.UnionWith(document.RootElement.GetProperty("abi").EnumerateArray().Where(e => e.GetProperty("type").ValueEquals("error")).Select(e => e.GetProperty("name").GetString()!));
        }

        Assert.Empty(RevertAdvice.Names.Except(declared));
        Assert.Equal(
            "reverted with RootNotFinal(claimableAt: 2026-01-01 00:00:00 UTC). It can be claimed from then on; repeat the command.",
            RevertAdvice.Of(new ChainRevertedException("reverted with RootNotFinal(claimableAt: 1767225600)")));
    }
}
