using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class ConvictionTests(SharedCluster shared)
{
    [Theory]
    [InlineData("UnlikelyToken", "none", EvidenceKind.Stage1Mismatch)]
    [InlineData("Equivocates", "none", EvidenceKind.Equivocation)]
    [InlineData("WrongToken", "checked", EvidenceKind.Stage2Mismatch)]
    [InlineData("WrongToken", "replicated:3", EvidenceKind.Stage2Mismatch)]
    public async Task Receive_CheatingNode_IsConvictedJailedAndFrozen(string conductName, string integrity, EvidenceKind evidence)
    {
        var conduct = Enum.Parse<Conduct>(conductName);
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 8);
        network.Script.Generators(conduct);

        var ended = await network.RunAsync(network.Call(integrity));

        var cheat = network.Culprit(conduct);
        // Where replicas differ there are not the n equal answers that were promised.
        var isServed = integrity != "replicated:3";
        Assert.Equal((isServed ? "settled" : "refunded", isServed ? TestNetwork.Answer : "", 1), (ended.End.Status, ended.End.Text, ended.End.Convictions));
        var conviction = Assert.Single(ended.State.Convictions);
        Assert.Equal((cheat.Id, evidence), (conviction.Node, conviction.Kind));
        var info = (await cheat.Grain.Describe())!;
        Assert.Equal(("jailed", 0L, TestNetwork.Bond, 0L), (info.State, info.CollateralMicros, info.FrozenMicros, info.EarningsMicros));
        Assert.DoesNotContain(cheat.Id.ToString(), await network.OffersAsync());
        await ConfirmedAsync(cheat);
        var slash = Assert.Single(await Slashes(cheat));
        Assert.Equal(("frozen", ended.Reply.Request, TestNetwork.Bond), (slash.Status, slash.Request, slash.AmountMicros));
        Assert.True(slash.DueAt - slash.OpenedAt >= shared.Cluster.Options.AppealWindow);
        await Money.AssertMovedAsync(network, ended);
        Assert.All(network.Nodes.Where(n => n != cheat), n => Assert.Equal("active", n.Grain.Describe().Result!.State));
    }

    [Fact]
    public async Task Sweeper_AppealWindowOver_DividesTheSlashExactly()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        // A bond that divides by nothing, so that remainders show.
        for (var i = 0; i < 8; i++)
            Assert.Equal(0, (await (await network.AddNodeAsync(bond: 20_000_003)).ConnectAsync()).Code);
        network.Script.Generators(Conduct.WrongToken);
        var ended = await network.RunAsync(network.Call("checked"));
        var cheat = network.Culprit(Conduct.WrongToken);
        var frozen = LedgerAccount.Frozen(cheat.Id);
        Assert.Equal(20_000_003, await network.BalanceAsync(frozen));
        await ConfirmedAsync(cheat);

        shared.Cluster.Clock.Advance(shared.Cluster.Options.AppealWindow - TimeSpan.FromSeconds(30));
        Assert.Equal("frozen", Assert.Single(await Slashes(cheat)).Status);
        shared.Cluster.Clock.Advance(TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync("the sweeper executes the slash", async () => (await Slashes(cheat))[0].Status == "executed");

        var parts = (await network.Cluster.Ledger.EntriesAsync(frozen, 0, 100, default)).Where(e => e.Amount.Value < 0).ToArray();
        long Of(TransferCode code) => -parts.Where(p => p.Code == code).Sum(p => p.Amount.Value);
        Assert.Equal(20_000_003, -parts.Sum(p => p.Amount.Value));
        Assert.Equal(0, await network.BalanceAsync(frozen));
        Assert.Equal((5_000_000L, 2_000_000L), (Of(TransferCode.SlashRequester), Of(TransferCode.SlashBurn)));
        var judges = network.Nodes.Count - 1;
        var honest = ended.State.Participants.Count(p => p.Purpose != DrawPurpose.Resolver && p.Node != cheat.Id);
        Assert.Equal(4_000_000 / honest * honest, Of(TransferCode.SlashHonest));
        Assert.Equal(2_000_000 / judges * judges, Of(TransferCode.SlashResolver));
        Assert.Equal(20_000_003 - Of(TransferCode.SlashRequester) - Of(TransferCode.SlashBurn) - Of(TransferCode.SlashHonest) - Of(TransferCode.SlashResolver), Of(TransferCode.SlashTreasury));
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros + 5_000_000, await network.BalanceAsync());
        Assert.True((await network.Cluster.Ledger.AuditAsync(default)).IsExact);
    }

    [Fact]
    public async Task Receive_StreamedTokensOfACheat_AreNotReplacedButRefunded()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 8);
        network.Script.Generators(Conduct.Dawdles);
        var call = network.Call("none") with { Streaming = true };
        var reply = await network.SubmitAsync(call);
        await WatchTests.ShownAsync(network, call, 3);
        // It has shown tokens; now it contradicts itself.
        await network.Culprit(Conduct.Dawdles).EquivocateAsync(call);

        var ended = await network.EndAsync(call, reply);

        await Money.AssertRefundedAsync(network, ended, RefundReason.FraudDetected);
        Assert.Single(ended.State.Convictions);
    }

    [Fact]
    public async Task Receive_CheckerThatLies_IsOverruledAndUnpaid()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 7);
        network.Script.Checkers(Conduct.VotesWrong);

        var ended = await network.RunAsync(network.Call("checked"));

        var liar = network.Culprit(Conduct.VotesWrong);
        Assert.Equal(TestNetwork.Answer, ended.End.Text);
        Assert.Equal(3, ended.State.Participants.Count(p => p.Purpose == DrawPurpose.Resolver));
        Assert.DoesNotContain(ended.State.Payments, p => p.To == LedgerAccount.Earnings(liar.Id));
        Assert.Empty(ended.State.Convictions);
        await Money.AssertMovedAsync(network, ended);

        // The votes contradict each other: an assembly of all finds who lied, and it loses its collateral.
        await ConfirmedAsync(liar);
        var slash = Assert.Single(await Slashes(liar));
        Assert.Equal(("false_vote", TestNetwork.Bond), (slash.Evidence, slash.AmountMicros));
        Assert.Equal("jailed", (await liar.Grain.Describe())!.State);
        Assert.All(network.Nodes.Where(n => n != liar), n => Assert.Equal("active", n.Grain.Describe().Result!.State));
        Assert.True((await network.Cluster.Ledger.AuditAsync(default)).IsExact);
    }

    /// <summary>Three resolvers and a checker that collude convict an honest node; the assembly takes it back, and they lose instead.</summary>
    [Fact]
    public async Task Receive_HonestNodeFramedByItsJudges_IsFreedAndTheyAreSlashed()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 13);
        network.Script.Checkers(Conduct.VotesWrong, Conduct.VotesWrong, Conduct.VotesWrong, Conduct.VotesWrong);

        var ended = await network.RunAsync(network.Call("checked"));

        var framed = network.Nodes.Single(n => n.Id == Assert.Single(ended.State.Convictions).Node);
        NodeId[] liars = [.. ended.State.Participants.Where(p => !p.Generates && p.Ballots.Exists(b => b.Vote?.Verdict == Verdict.Mismatch)).Select(p => p.Node)];
        Assert.Equal(4, liars.Length);
        await Eventually.TrueAsync("the assembly does not confirm it", async () => (await Slashes(framed))[0].Status == "returned");
        await Eventually.TrueAsync("it is drawn again", async () => (await network.OffersAsync()).Contains(framed.Id.ToString()));
        Assert.Equal(("active", TestNetwork.Bond), ((await framed.Grain.Describe())!.State, await network.BalanceAsync(LedgerAccount.Collateral(framed.Id))));
        foreach (var liar in network.Nodes.Where(n => liars.Contains(n.Id)))
            Assert.Equal(("false_vote", "frozen", TestNetwork.Bond), (await Slashes(liar)).Select(s => (s.Evidence, s.Status, s.AmountMicros)).Single());
        Assert.True((await network.Cluster.Ledger.AuditAsync(default)).IsExact);
    }

    [Fact]
    public async Task Receive_TwoRequestsConvictOneNode_BothSlashesAreExecuted()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        network.Script.Generators(Conduct.Silent, Conduct.Silent);
        var calls = new[] { network.Call(), network.Call() };
        var replies = new[] { await network.SubmitAsync(calls[0]), await network.SubmitAsync(calls[1]) };
        var cheat = network.Nodes[0];
        await Eventually.TrueAsync("both are at work", () => cheat.Heard.Count(m => m is Protocol.Nodes.CoordinatorMessage.Work) == 2);
        foreach (var (call, reply) in calls.Zip(replies))
        {
            await cheat.EquivocateAsync(call);
            await Money.AssertRefundedAsync(network, await network.EndAsync(call, reply), RefundReason.FraudDetected);
        }

        var slashes = await Slashes(cheat);
        Assert.Equal([0, TestNetwork.Bond], slashes.Select(s => s.AmountMicros).Order());
        shared.Cluster.Clock.Advance(shared.Cluster.Options.AppealWindow);
        await Eventually.TrueAsync("the sweeper executes both", async () => (await Slashes(cheat)).All(s => s.Status == "executed"));

        Assert.Equal(0, await network.BalanceAsync(LedgerAccount.Frozen(cheat.Id)));
    }

    private Task ConfirmedAsync(FakeNode node) =>
        Eventually.TrueAsync("an assembly confirms the conviction", async () => (await Slashes(node)) is [{ Status: "frozen" }, ..]);

    private Task<IReadOnlyList<SlashInfo>> Slashes(FakeNode node) =>
        shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).Slashes(node.Id.ToString(), 10);
}
