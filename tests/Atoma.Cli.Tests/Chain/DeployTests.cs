using System.Text.RegularExpressions;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Cli.Tests.Chain;

public sealed class DeployTests
{
    private const string A = "0x00000000000000000000000000000000000000aa";
    private const string B = "0x00000000000000000000000000000000000000bb";

    private static readonly CancellationToken None = CancellationToken.None;

    private static GroupCollection Match(Said said, string pattern) => Regex.Match(said.Output, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)).Groups;

    [Fact]
    public async Task Deploy_OnALocalChain_SaysWithWhatToStartASilo()
    {
        await using var bench = await ChainBench.StartBareAsync(31_337);
        string[] signers = [bench.Address("one"), bench.Address("two"), bench.Address("three")];
        var said = await bench.RunAsync(
            "deploy", "--rpc", bench.Rpc, "--settler", bench.Address("settler"), "--verdict-signer", signers[0], "--verdict-signer", signers[1], "--verdict-signer", signers[2], "--guardian", A);
        Assert.Equal((0, ""), (said.Code, said.Error));
        var at = Match(said, "--chain (.+) --chain-settlement (0x.{40}) --chain-gateway (0x.{40}) --chain-start ([0-9]+)");
        Assert.Equal(bench.Rpc, at[1].Value);
        var settlement = new SettlementContract(bench.Chain, NodeId.Parse(at[2].Value));
        var (parameters, gateway) = (settlement.Parameters, new GatewayContract(bench.Chain, NodeId.Parse(at[3].Value)));
        Assert.Equal(settlement.Address, await gateway.SettlementAsync(None));
        Assert.Equal(2, long.Parse(at[4].Value));
        using var deployer = DevelopmentKeys.Get(0);
        Assert.Equal(
            (bench.Key("settler").Id, deployer.Id, NodeId.Parse(A)), (await parameters.SettlerAsync(None), await parameters.AdminAsync(None), await parameters.GuardianAsync(None)));
        Assert.Equal(signers.Select(NodeId.Parse).Order(), await parameters.VerdictSignersAsync(None));
        Assert.Equal(2, await parameters.VerdictThresholdAsync(None));
        Assert.Equal(Eip712.DomainSeparator(SigningDomain.NoChain), await parameters.CommitmentDomainAsync(None));
        foreach (var (key, value) in new[] { ("exitDelay", 7_200), ("appealWindow", 3_600), ("rulingWindow", 14_400), ("unbondDelay", 18_000), ("parameterDelay", 18_000), ("claimDelay", 60), ("collateralMin", 10_000_000) })
            Assert.Equal(value, await parameters.ParameterAsync(key, None));
    }

    [Fact]
    public async Task Deploy_OnAnotherChain_NeedsToBeMeantAndATokenThatExists()
    {
        await using var bench = await ChainBench.StartBareAsync(5);
        string[] line = ["deploy", "--rpc", bench.Rpc, "--key", bench.File("deployer"), "--settler", A, "--verdict-signer", A];
        using var first = DevelopmentKeys.Get(0);
        bench.Key("deployer");
        var careless = await bench.RunAsync(line);
        Assert.Equal(ExitCode.Failed, careless.Code);
        Assert.Contains("--yes", careless.Error, StringComparison.Ordinal);
        var tokenless = await bench.RunAsync([.. line, "--yes"]);
        Assert.Contains("--token", tokenless.Error, StringComparison.Ordinal);
        var noToken = await bench.RunAsync([.. line, "--yes", "--token", B]);
        Assert.Contains("does not answer decimals()", noToken.Error, StringComparison.Ordinal);
        var fund = await bench.RunAsync("fund", A, "5", "--rpc", bench.Rpc);
        Assert.Contains("Only a local chain", fund.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await bench.Chain.HeadAsync(None)).Number);
    }

    [Fact]
    public async Task Deploy_OnAnotherChainWithItsToken_LeavesTheGuardianHalfAnEpoch()
    {
        await using var bench = await ChainBench.StartBareAsync(5);
        using var first = DevelopmentKeys.Get(0);
        var token = await new TransactionSender(bench.Chain, first, TimeProvider.System).SendAsync(null, ContractArtifact.DevelopmentToken.Bytecode.ToArray(), None);
        // Of anvil's second public key, which has ether on every anvil.
        await File.WriteAllTextAsync(bench.File("payer"), "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(bench.File("payer"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var said = await bench.RunAsync(
            "deploy", "--rpc", bench.Rpc, "--key", bench.File("payer"), "--settler", A, "--verdict-signer", A, "--epoch", "7200", "--yes", "--token", token.Contract.ToString()!);
        Assert.Equal((0, ""), (said.Code, said.Error));
        var settlement = new SettlementContract(bench.Chain, NodeId.Parse(Match(said, "--chain-settlement (0x.{40})")[1].Value));
        Assert.Equal(3_600, await settlement.Parameters.ParameterAsync("claimDelay", None));
        Assert.Equal(token.Contract, await settlement.Parameters.TokenAsync(None));
        using var payer = DevelopmentKeys.Get(1);
        Assert.Equal(payer.Id, await settlement.Parameters.AdminAsync(None));
        Assert.DoesNotContain("chain fund", said.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("development token", said.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("more than half", "--verdict-signer", A, "--verdict-signer", B, "--verdict-threshold", "1")]
    [InlineData("each another address", "--verdict-signer", A, "--verdict-signer", A)]
    [InlineData("--epoch is 0", "--verdict-signer", A, "--epoch", "0")]
    [InlineData("at most 8 epochs", "--verdict-signer", A, "--epoch", "60", "--claim-delay", "481")]
    [InlineData("--claim-delay is 59", "--verdict-signer", A, "--claim-delay", "59")]
    [InlineData("--collateral-min", "--verdict-signer", A, "--collateral-min", "0")]
    [InlineData("--token is 'usdc'", "--verdict-signer", A, "--token", "usdc")]
    [InlineData("zero address", "--verdict-signer", A, "--admin", "0x0000000000000000000000000000000000000000")]
    public async Task Deploy_OutOfItsBounds_IsRefusedBeforeAnythingIsAsked(string words, params string[] options)
    {
        // Nobody listens there.
        var said = await ChainBench.RunAsync("", ["deploy", "--rpc", "http://127.0.0.1:9", "--settler", A, .. options]);
        Assert.Equal(ExitCode.Unavailable, said.Code);
        Assert.Contains(words, said.Error, StringComparison.Ordinal);
    }
}
