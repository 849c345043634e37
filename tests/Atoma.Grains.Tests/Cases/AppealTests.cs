using Atoma.Ethereum;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Cases;

/// <summary>P8.5: one appeal, by the node's own key, within the window.</summary>
[Collection(ClusterCollection.Name)]
public sealed class AppealTests(SharedCluster shared)
{
    [Fact]
    public async Task Appeal_ProvenByItsReceipt_IsVerifiedAgainAndStands_AndOnlyOnce()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        var (cheat, slash) = await ConvictAsync(network, Conduct.UnlikelyToken, "none");

        var reply = await AppealAsync(cheat, slash.Id);

        Assert.Equal((AppealStatus.Ok, "frozen", true, slash.DueAt), (reply.Status, reply.Slash!.Status, reply.Slash.Appealed, reply.Slash.DueAt));
        Assert.Equal(AppealStatus.AppealedBefore, (await AppealAsync(cheat, slash.Id)).Status);
        Assert.Equal("jailed", (await cheat.Grain.Describe())!.State);
    }

    /// <summary>The second assembly had the id of the first, which had ended: the case waited for it for ever.</summary>
    [Fact]
    public async Task Appeal_DecidedByVotes_IsVotedOnByANewAssembly()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 8);
        var (cheat, slash) = await ConvictAsync(network, Conduct.WrongToken, "checked");

        var reply = await AppealAsync(cheat, slash.Id);

        Assert.Equal((AppealStatus.Ok, "unconfirmed", true), (reply.Status, reply.Slash!.Status, reply.Slash.Appealed));
        Assert.Equal(AppealStatus.AppealedBefore, (await AppealAsync(cheat, slash.Id)).Status);
        await Eventually.TrueAsync("a second assembly confirms it", async () => (await SlashesAsync(cheat))[0] is { Status: "frozen", Appealed: true });
        var assemblies = (await shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).RecentReviews(200)).Where(r => r.Kind == "assembly" && r.Origin == slash.Request);
        Assert.Equal(["mismatch", "mismatch"], assemblies.Select(r => r.Finding));
        Assert.Equal(TestNetwork.Bond, await network.BalanceAsync(LedgerAccount.Frozen(cheat.Id)));
    }

    [Fact]
    public async Task Appeal_EvidenceThatDoesNotHold_ReturnsTheMoneyAndFreesTheNode()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var node = network.Nodes[0];
        var ended = await network.RunAsync(network.Call());
        // Says that it was convicted in a request that convicted nobody.
        var request = ended.State.Spec.Id;
        var now = DateTimeOffset.FromUnixTimeMilliseconds(shared.Cluster.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        var wrong = new SlashCase(
            SlashCase.IdOf(request, node.Id), request, node.Id, EvidenceKind.Stage1Mismatch, 0, "a mistake", new Micros(TestNetwork.Bond), network.Account, [], [],
            now, now + shared.Cluster.Options.AppealWindow, SlashStatus.Frozen);
        var frozen = await shared.Cluster.Ledger.CommitAsync(new LedgerCommand(
            [new LedgerOperation.Transfer(wrong.Id, LedgerAccount.Collateral(node.Id), LedgerAccount.Frozen(node.Id), wrong.Amount, TransferCode.SlashFreeze)],
            Slashes: [wrong.Row(1)]), default);
        Assert.True(frozen.Succeeded);
        await node.Grain.Jail("a mistake");

        var reply = await AppealAsync(node, wrong.Id.ToString());

        Assert.Equal((AppealStatus.Ok, "returned"), (reply.Status, reply.Slash!.Status));
        var info = (await node.Grain.Describe())!;
        Assert.Equal(("active", TestNetwork.Bond, 0L), (info.State, info.CollateralMicros, info.FrozenMicros));
        Assert.Contains(node.Id.ToString(), await network.OffersAsync());
    }

    /// <summary>P7.6: judged again by the coordinator's copy of the file.</summary>
    [Theory]
    [InlineData(false, "frozen")]
    [InlineData(true, "returned")]
    public async Task Appeal_WeightChallenge_IsJudgedAgain(bool answeredRight, string status)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];
        byte[] file = [1, 2, 3];
        var (seed, model) = (Hash32.Sha256(node.Id.ToArray()), network.Model.Manifest.Digest);
        var digest = WeightChallenge.DigestOf(seed, new MemoryStream(answeredRight ? file : [4, 5]));
        var answer = new WeightAnswer(seed, model, node.Id, digest, node.Sign(SigningDomain.Weights(seed, model, node.Id, digest)));
        shared.Cluster.Weights.Files[model] = file;
        var slash = SlashCase.IdOf(seed, node.Id);
        Assert.True((await shared.Cluster.Ledger.CommitAsync(CaseRules.WeightChallengeFailed(
            answer, new Micros(TestNetwork.Bond), shared.Cluster.Options.Request, DateTimeOffset.FromUnixTimeMilliseconds(shared.Cluster.Clock.GetUtcNow().ToUnixTimeMilliseconds()),
            shared.Cluster.Options.AppealWindow), default)).Succeeded);
        var evidence = await shared.Cluster.Grains.GetGrain<ICaseGrain>(Keys.Case(slash)).Evidence(node.Id.ToString(), node.Sign(SigningDomain.Evidence(slash)), "");

        Assert.Contains(digest.ToString(), evidence.Json, StringComparison.Ordinal);
        Assert.Equal("", (await SlashesAsync(node))[0].Request);
        Assert.Equal((AppealStatus.Ok, status), await AppealAsync(node, slash.ToString()) is var reply ? (reply.Status, reply.Slash!.Status) : default);
    }

    [Fact]
    public async Task Appeal_NotByItsOperator_OrLate_ChangesNothing()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        var (cheat, slash) = await ConvictAsync(network, Conduct.UnlikelyToken, "none");
        var other = network.Nodes.First(n => n != cheat);
        var id = Hash32.Parse(slash.Id);
        var grain = shared.Cluster.Grains.GetGrain<ICaseGrain>(Keys.Case(id));

        Assert.Equal(AppealStatus.WrongSignature, (await grain.Appeal(cheat.Id.ToString(), other.Sign(SigningDomain.Appeal(id)))).Status);
        Assert.Equal(AppealStatus.WrongSignature, (await grain.Appeal(cheat.Id.ToString(), cheat.Sign(SigningDomain.Evidence(id)))).Status);
        Assert.Equal(AppealStatus.WrongSignature, (await grain.Appeal(cheat.Id.ToString(), [1, 2, 3])).Status);
        Assert.Equal(AppealStatus.Unknown, (await grain.Appeal(other.Id.ToString(), other.Sign(SigningDomain.Appeal(id)))).Status);
        Assert.Equal(AppealStatus.Unknown, (await AppealAsync(cheat, new string('7', 64))).Status);
        shared.Cluster.Clock.Advance(shared.Cluster.Options.AppealWindow);
        var late = await AppealAsync(cheat, slash.Id);
        Assert.Contains(late.Status, new[] { AppealStatus.TooLate, AppealStatus.NotFrozen });
        await Eventually.TrueAsync("the slash executes", async () => (await SlashesAsync(cheat))[0].Status == "executed");
        Assert.Equal(AppealStatus.NotFrozen, (await AppealAsync(cheat, slash.Id)).Status);
    }

    [Fact]
    public async Task Evidence_ForItsOperatorAlone_IsTheReceipt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        var (cheat, slash) = await ConvictAsync(network, Conduct.UnlikelyToken, "none");
        var id = Hash32.Parse(slash.Id);
        var grain = shared.Cluster.Grains.GetGrain<ICaseGrain>(Keys.Case(id));
        var signature = cheat.Sign(SigningDomain.Evidence(id));

        var reply = await grain.Evidence(cheat.Id.ToString(), signature, "");

        Assert.Equal((AppealStatus.Ok, slash.Request), (reply.Status, reply.Request));
        Assert.Empty(ReceiptFile.Verify(reply.Json, new EthereumSignatures(), out var receipt));
        Assert.Equal(cheat.Id, Assert.Single(receipt!.Receipt.State.Convictions).Node);
        Assert.Equal(AppealStatus.WrongSignature, (await grain.Evidence(cheat.Id.ToString(), cheat.Sign(SigningDomain.Appeal(id)), "")).Status);
        Assert.Equal(AppealStatus.Unknown, (await grain.Evidence(cheat.Id.ToString(), signature, new string('7', 64))).Status);
    }

    private async Task<(FakeNode Cheat, SlashInfo Slash)> ConvictAsync(TestNetwork network, Conduct conduct, string integrity)
    {
        network.Script.Generators(conduct);
        await network.RunAsync(network.Call(integrity));
        var cheat = network.Culprit(conduct);
        await Eventually.TrueAsync("the slash is frozen", async () => (await SlashesAsync(cheat)) is [{ Status: "frozen" }]);
        return (cheat, (await SlashesAsync(cheat))[0]);
    }

    private Task<AppealReply> AppealAsync(FakeNode node, string slash)
    {
        var id = Hash32.Parse(slash);
        return shared.Cluster.Grains.GetGrain<ICaseGrain>(Keys.Case(id)).Appeal(node.Id.ToString(), node.Sign(SigningDomain.Appeal(id)));
    }

    private Task<IReadOnlyList<SlashInfo>> SlashesAsync(FakeNode node) =>
        shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).Slashes(node.Id.ToString(), 10);
}
