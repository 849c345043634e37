using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Requests;

// The rules of a request, not the namespace of the settlement on chain.
using Settlement = Atoma.Protocol.Requests.Settlement;

/// <summary>Assemblies, disputes and canaries, with the books kept by the slow model.</summary>
public sealed class ReviewTests
{
    private static readonly Micros Bond = new(1_000_003);
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly LedgerModel _books = new();

    private static RequestHarness Fraud(string integrity, Func<DrawPurpose, int, Cheat> casting, int nodes = 13) => new(integrity, nodes: nodes) { Casting = casting };

    /// <summary>Commits a finished request as the coordinator does.</summary>
    private void Commit(RequestHarness harness, SlashRow? @case = null)
    {
        var receipt = harness.Receipt();
        var spec = harness.Spec;
        if (spec.Review is null)
        {
            foreach (var node in harness.Nodes)
                Transfer("bond" + node.Number, LedgerAccount.Collateral(node.Id), Bond);
        }

        if (spec.Hold.IsPositive)
            Transfer("deposit" + spec.Id, LedgerAccount.User(spec.Account), spec.Hold);
        Apply(Settlement.Accept(spec, @case));
        Apply(Settlement.Finish(receipt, _books.Balance, @case is null ? null : Case(@case.Id), harness.Options, Window));
        Assert.True(_books.Audit().IsExact);
    }

    private void Transfer(string id, LedgerAccount to, Micros amount) =>
        _books.Commit(new LedgerCommand([new LedgerOperation.Transfer(Hash32.Sha256(System.Text.Encoding.UTF8.GetBytes(id)), LedgerAccount.External, to, amount, TransferCode.Deposit)]), RequestHarness.Start);

    private void Apply(LedgerCommand command) => Assert.Equal(LedgerStatus.Ok, _books.Commit(command, RequestHarness.Start).Status);

    private SlashRow Case(Hash32 id) => _books.Slashes.Single(s => s.Id == id);

    private SlashRow OpenCase() => _books.Slashes.Single(s => SlashCase.FromBytes(s.State).NeedsAssembly);

    private RequestHarness Assemble(RequestHarness origin, Func<NodeId, Cheat>? cast = null)
    {
        var row = OpenCase();
        var spec = CaseRules.Assembly(SlashCase.FromBytes(row.State), origin.State, origin.Market, origin.Now, 300_000)!;
        Assert.Equal(RequestSpec.FromBytes(spec.ToBytes()).ToBytes(), spec.ToBytes());
        var harness = new RequestHarness(origin, spec);
        foreach (var node in harness.Nodes)
            node.Cheat = cast?.Invoke(node.Id) ?? Cheat.None;
        harness.Run();
        Commit(harness, row);
        return harness;
    }

    [Fact]
    public void Assembly_OfARealFraud_ConfirmsItAndThenItIsDivided()
    {
        var origin = Fraud("checked", (purpose, n) => purpose == DrawPurpose.Primary && n == 0 ? Cheat.OtherModel : Cheat.None);
        origin.Run();
        Commit(origin);
        var cheat = origin.State.Participants[0].Node;
        Assert.Equal(Bond, _books.Balance(LedgerAccount.Frozen(cheat)));

        var assembly = Assemble(origin);

        Assert.Equal((RequestPhase.Settled, Verdict.Mismatch), (assembly.State.Phase, assembly.State.Finding));
        Assert.Equal(12, assembly.State.Participants.Count);
        var row = Assert.Single(_books.Slashes);
        Assert.Equal(SlashStatus.Frozen, SlashCase.FromBytes(row.State).Status);
        Apply(SlashCase.Execute(row, SlashShares.Default));
        Assert.Equal(Micros.Zero, _books.Balance(LedgerAccount.Frozen(cheat)));
        Assert.Equal(Bond.PermilleFloor(250), _books.Balance(LedgerAccount.User("alice")) - origin.Spec.Hold + origin.State.Price);
        Assert.True(_books.Audit().IsExact);
    }

    /// <summary>Checker and resolvers collude against an honest node: everything comes back, and they pay.</summary>
    [Fact]
    public void Assembly_OfAFramedNode_ReturnsItsMoneyAndConvictsTheFramers()
    {
        var origin = Framing();
        Commit(origin);
        var framed = Assert.Single(origin.State.Convictions).Node;
        NodeId[] liars = [.. origin.State.Participants.Where(p => p.Ballots.Exists(b => b.Vote?.Verdict == Verdict.Mismatch)).Select(p => p.Node)];
        Assert.Equal(4, liars.Length);

        var assembly = Assemble(origin, node => liars.Contains(node) ? Cheat.LyingVote : Cheat.None);

        Assert.Equal(Verdict.Match, assembly.State.Finding);
        Assert.Equal(Bond, _books.Balance(LedgerAccount.Collateral(framed)));
        Assert.Equal(liars.Order(), assembly.State.Convictions.Select(c => c.Node).Order());
        Assert.All(assembly.State.Convictions, c => Assert.Equal(EvidenceKind.FalseVote, c.Kind));
        Assert.All(liars, l => Assert.Equal(Bond, _books.Balance(LedgerAccount.Frozen(l))));
        Assert.All(_books.Slashes.Where(s => s.Node != framed.ToString()), s => Assert.Equal(SlashStatus.Frozen, SlashCase.FromBytes(s.State).Status));
    }

    /// <summary>Only the first primary's judges lie.</summary>
    private static RequestHarness Framing()
    {
        var origin = new RequestHarness("checked", nodes: 13);
        origin.Casting = (purpose, n) => (purpose == DrawPurpose.Checker && n == 0) || purpose == DrawPurpose.Resolver ? Cheat.LyingVote : Cheat.None;
        origin.HonestMayBeConvicted = true;
        origin.Run();
        return origin;
    }

    [Fact]
    public void Assembly_WithoutTwoThirds_SlashesNobody()
    {
        var origin = Fraud("checked", (purpose, n) => purpose == DrawPurpose.Primary && n == 0 ? Cheat.OtherModel : Cheat.None);
        origin.Run();
        Commit(origin);
        var cheat = origin.State.Participants[0].Node;
        var friends = origin.Nodes.Where(n => n.Id != cheat && origin.State.Participants.All(p => p.Node != n.Id)).Take(5).Select(n => n.Id).ToArray();
        Assert.Equal(5, friends.Length);

        var assembly = Assemble(origin, node => friends.Contains(node) ? Cheat.LyingVote : Cheat.None);

        Assert.Equal((RequestPhase.Refunded, RefundReason.NoQuorum), (assembly.State.Phase, assembly.State.Refund));
        Assert.Empty(assembly.State.Convictions);
        Assert.Equal(Bond, _books.Balance(LedgerAccount.Collateral(cheat)));
    }

    [Fact]
    public void Inquiry_IntoALyingMinorityOfCheckers_ConvictsIt()
    {
        var origin = Fraud("checked:3", (purpose, n) => purpose == DrawPurpose.Checker && n == 1 ? Cheat.LyingVote : Cheat.None);
        origin.Run();
        Commit(origin);
        Assert.Equal((RequestPhase.Settled, SlashStatus.Inquiry), (origin.State.Phase, SlashCase.FromBytes(OpenCase().State).Status));
        var liar = origin.Of(DrawPurpose.Checker, 1).Node;

        var assembly = Assemble(origin);

        Assert.Equal((liar, EvidenceKind.FalseVote), Assert.Single(assembly.State.Convictions.Select(c => (c.Node, c.Kind))));
        Assert.Equal(Bond, _books.Balance(LedgerAccount.Frozen(liar)));
        Assert.DoesNotContain(_books.Slashes, s => SlashCase.FromBytes(s.State).NeedsAssembly);
    }

    /// <summary>A liar that does not come to its assembly was fined and slashed out of the same money: the assembly could never be settled (simulator, seed 1943).</summary>
    [Fact]
    public void Assembly_LiarIsSilent_PaysForBothOutOfWhatItHas()
    {
        var origin = Fraud("checked:3", (purpose, n) => purpose == DrawPurpose.Checker && n == 1 ? Cheat.LyingVote : Cheat.None);
        origin.Run();
        Commit(origin);
        var liar = origin.Of(DrawPurpose.Checker, 1).Node;

        Assemble(origin, node => node == liar ? Cheat.SilentAtCheck : Cheat.None);

        var fine = Bond.PermilleFloor(origin.Options.SilencePermille);
        Assert.Equal((Bond - fine, Micros.Zero), (_books.Balance(LedgerAccount.Frozen(liar)), _books.Balance(LedgerAccount.Collateral(liar))));
    }

    /// <summary>The other way round: two of three checkers cover up for the primary, and the third brings them all down.</summary>
    [Fact]
    public void Inquiry_IntoAnAnswerThatTheMajorityCoveredUpFor_ConvictsThemAll()
    {
        var origin = Fraud("checked:3", (purpose, n) => purpose == DrawPurpose.Primary ? Cheat.OtherModel : purpose == DrawPurpose.Checker && n < 2 ? Cheat.LyingVote : Cheat.None);
        origin.Run();
        Commit(origin);
        Assert.Equal(RequestPhase.Settled, origin.State.Phase);

        var assembly = Assemble(origin);

        Assert.Equal(
            new[] { (origin.Of(DrawPurpose.Primary).Node, EvidenceKind.Stage2Mismatch), (origin.Of(DrawPurpose.Checker).Node, EvidenceKind.FalseVote), (origin.Of(DrawPurpose.Checker, 1).Node, EvidenceKind.FalseVote) }.Order(),
            assembly.State.Convictions.Select(c => (c.Node, c.Kind)).Order());
        Assert.All(assembly.State.Convictions, c => Assert.Equal(Bond, _books.Balance(LedgerAccount.Frozen(c.Node))));
    }

    [Fact]
    public void Dispute_OfARightAnswer_LosesItsBond()
    {
        var origin = new RequestHarness("none");
        origin.Run();
        Commit(origin);
        var harness = new RequestHarness(origin, CaseRules.Dispute(origin.State, 3, new Micros(100_000), origin.Now, 60_000));
        harness.Run();
        Commit(harness);
        Assert.Equal((RequestPhase.Settled, Verdict.Match), (harness.State.Phase, harness.State.Finding));
        Assert.Equal(new Micros(100_000), harness.State.Price);
        Assert.Equal(3, harness.State.Payments.Count(p => p.Code == TransferCode.PayChecker));
        Assert.Empty(_books.Slashes);
    }

    [Fact]
    public void Dispute_OfAWrongAnswer_ReturnsTheBondAndOpensACase()
    {
        var origin = new RequestHarness("none", nodes: 12) { Casting = (_, _) => Cheat.OtherModel };
        origin.Run();
        Commit(origin);
        Assert.Equal(RequestPhase.Settled, origin.State.Phase);
        var harness = new RequestHarness(origin, CaseRules.Dispute(origin.State, 3, new Micros(100_000), origin.Now, 60_000));
        harness.Run();
        Commit(harness);
        Assert.Equal((Verdict.Mismatch, Micros.Zero), (harness.State.Finding, harness.State.Price));
        Assert.Equal(origin.State.Participants[0].Node, Assert.Single(harness.State.Convictions).Node);
        Assert.Equal(SlashStatus.Unconfirmed, SlashCase.FromBytes(Assert.Single(_books.Slashes).State).Status);
        Assemble(harness);
        Assert.Equal(SlashStatus.Frozen, SlashCase.FromBytes(Assert.Single(_books.Slashes).State).Status);
    }

    [Theory]
    [InlineData(Cheat.None, false)]
    [InlineData(Cheat.LyingVote, true)]
    public void Canary_FoolsOnlyWhoDoesNotLook(Cheat checker, bool fooled)
    {
        var origin = new RequestHarness("checked", maxTokens: 40);
        origin.Run();
        Commit(origin);
        var bad = Canary.Spoil(origin.State.Answer!, new HashSet<int>(FakeModel.Manifest.EndOfGeneration), Hash32.Sha256("canary"u8))!;
        Assert.Equal(origin.State.Answer!.Output, bad.Output);
        Assert.NotEqual(origin.State.Answer.Digest(), bad.Digest());
        var harness = new RequestHarness(origin, CaseRules.CanaryOf(origin.State, bad, origin.Now, 60_000)) { Casting = (_, _) => checker };
        harness.Run();
        Commit(harness);
        Assert.Equal(fooled ? Verdict.Match : Verdict.Mismatch, harness.State.Finding);
        Assert.Equal(fooled ? 0 : 1, RequestMachine.AuditorsDue(harness.State).Count());
        if (!fooled)
        {
            Assert.Empty(_books.Slashes);
            return;
        }

        var assembly = Assemble(harness);
        Assert.Equal((harness.State.Participants[0].Node, EvidenceKind.FalseVote), Assert.Single(assembly.State.Convictions.Select(c => (c.Node, c.Kind))));
    }

    [Fact]
    public void Postponed_ThreeTimes_GivesTheMoneyBack()
    {
        var origin = Fraud("checked", (purpose, n) => purpose == DrawPurpose.Primary && n == 0 ? Cheat.OtherModel : Cheat.None);
        origin.Run();
        Commit(origin);
        Assert.Null(CaseRules.Assembly(SlashCase.FromBytes(OpenCase().State), origin.State, [], origin.Now, 60_000));
        for (var round = 0; round < SlashCase.RoundsMax; round++)
            Apply(CaseRules.Postponed(OpenCase(), origin.Now, TimeSpan.FromMinutes(1)));
        Assert.Equal(SlashStatus.Returned, SlashCase.FromBytes(Assert.Single(_books.Slashes).State).Status);
        Assert.Equal(Bond, _books.Balance(LedgerAccount.Collateral(origin.State.Participants[0].Node)));
    }

    /// <summary>P8.5: once, and only what its proof does not carry comes back.</summary>
    [Theory]
    [InlineData(true, SlashStatus.Frozen)]
    [InlineData(false, SlashStatus.Returned)]
    public void Appealed_OfAProofInTheReceipt_IsDecidedByTheProof(bool holds, SlashStatus after)
    {
        var origin = Fraud("none", (_, n) => n == 0 ? Cheat.Stage1 : Cheat.None);
        origin.Run();
        Commit(origin);
        var row = Assert.Single(_books.Slashes);
        Apply(CaseRules.Appealed(row, holds, origin.Now)!);
        row = Assert.Single(_books.Slashes);
        Assert.Equal(after, SlashCase.FromBytes(row.State).Status);
        Assert.Null(CaseRules.Appealed(row, holds, origin.Now));
        Assert.True(_books.Audit().IsExact);
    }

    [Fact]
    public void Verify_ReviewWithAForgedFinding_IsFound()
    {
        var origin = new RequestHarness("none");
        origin.Run();
        var harness = new RequestHarness(origin, CaseRules.Dispute(origin.State, 3, new Micros(100_000), origin.Now, 60_000));
        var state = harness.Run();
        var forged = state with { Finding = Verdict.Mismatch };
        var problems = new ReceiptVerifier(RequestHarness.Signatures).Verify(SignedReceipt.Sign(new Receipt(forged, 3, harness.Now), RequestHarness.Coordinator));
        Assert.Contains(problems, p => p.Field == "finding");
    }
}
