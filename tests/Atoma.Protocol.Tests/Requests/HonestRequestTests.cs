using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Requests;

public sealed class HonestRequestTests
{
    [Theory]
    [InlineData("none", 1)]
    [InlineData("checked", 2)]
    [InlineData("checked:3", 4)]
    [InlineData("checked:7", 8)]
    [InlineData("replicated:2", 2)]
    [InlineData("replicated:4", 4)]
    public void Run_AllHonest_SettlesAndPaysThePromisedShares(string integrity, int participants)
    {
        foreach (var streaming in new[] { false, true })
        {
            var harness = new RequestHarness(integrity, streaming: streaming);
            var state = harness.Run();
            Assert.Equal(RequestPhase.Settled, state.Phase);
            Assert.Equal(participants, state.Participants.Count);
            Assert.Equal(0, state.Replacements);
            Assert.Equal(state.Answer!.Output, harness.Shown);
            Assert.All(state.Participants, p => Assert.Contains(state.Payments, pay => pay.To == LedgerAccount.Earnings(p.Node)));
            var gross = state.Participants.Where(p => p.Generates).Sum(p => Price(p, state)) + state.Participants.Count(p => p.Purpose == DrawPurpose.Checker) * Check(state);
            Assert.Equal(gross, state.Price.Value);
            Assert.True(state.Payments.Single(p => p.Code == TransferCode.Fee).Amount.Value > 0);
        }
    }

    private static long Price(Participant p, RequestState state) =>
        p.Draw.Chosen.InputPrice.ForTokensCeiling(state.Spec.Prompt.Count).Value + p.Draw.Chosen.OutputPrice.ForTokensCeiling(state.Answer!.OutputCount).Value;

    private static long Check(RequestState state) => (Price(state.Participants[0], state) * state.Spec.Terms.CheckPermille + 999) / 1000;

    // P5.4, P5.5
    [Fact]
    public void Run_Replicated_RevealsOnlyAfterAllHaveCommitted()
    {
        var harness = new RequestHarness("replicated:3", order: new Random(3));
        harness.Before = h =>
        {
            if (h.State.Participants.Any(p => p.Status == ParticipantStatus.Working))
                Assert.DoesNotContain(h.Mail, m => m.Message is Protocol.Nodes.NodeMessage.Reveal);
        };
        Assert.Equal(RequestPhase.Settled, harness.Run().Phase);
    }

    [Fact]
    public void Run_Checked_DrawsCheckersOnlyAfterTheReveal()
    {
        var harness = new RequestHarness("checked:3");
        harness.Before = h =>
        {
            if (h.State.Participants.Any(p => p.Purpose == DrawPurpose.Checker))
                Assert.Equal(ParticipantStatus.Revealed, h.State.Participants[0].Status);
            if (h.State.Participants.Any(p => p.Status == ParticipantStatus.Checking))
                Assert.DoesNotContain(h.Mail, m => m.Message is Protocol.Nodes.NodeMessage.CastVote);
        };
        Assert.Equal(RequestPhase.Settled, harness.Run().Phase);
    }

    [Theory]
    [InlineData("none", 0)]
    [InlineData("checked", 1)]
    [InlineData("replicated:4", 3)]
    public void Run_TooFewNodes_RefundsAtOnce(string integrity, int nodes)
    {
        var harness = new RequestHarness(integrity, nodes: nodes);
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.NoEligibleNode), (state.Phase, state.Refund));
        Assert.Equal(Micros.Zero, state.Price);
    }

    [Fact]
    public void Cancel_BeforeTheFirstToken_IsFree()
    {
        var harness = new RequestHarness("none", streaming: true);
        harness.Happen(new RequestEvent.Started());
        harness.Happen(new RequestEvent.CancelRequested());
        Assert.Equal((RequestPhase.Refunded, RefundReason.Cancelled), (harness.State.Phase, harness.State.Refund));
        Assert.Equal(ParticipantFailure.None, harness.State.Participants[0].Failure);
        harness.CheckInvariants();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("checked")]
    [InlineData("replicated:3")]
    public void Cancel_AfterTokensWereShown_ChargesThoseOnly(string integrity)
    {
        var harness = new RequestHarness(integrity, streaming: true, maxTokens: 40);
        harness.Happen(new RequestEvent.Started());
        harness.Deliver();
        harness.Happen(new RequestEvent.CancelRequested());
        var state = harness.Continue();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Equal(5, state.CancelAt);
        Assert.Equal(FinishReason.Cancelled, state.Answer!.Finish);
        Assert.Equal(5, state.Answer.OutputCount);
        Assert.All(state.Participants.Where(p => p.Generates), p => Assert.Contains(state.Payments, pay => pay.To == LedgerAccount.Earnings(p.Node)));
    }

    /// <summary>Tokens under way when the cancellation came made an honest node's shorter answer "streamed otherwise".</summary>
    [Fact]
    public void Cancel_WithTokensStillUnderWay_DoesNotFailTheHonestNode()
    {
        var harness = new RequestHarness("none", streaming: true, maxTokens: 40);
        harness.Happen(new RequestEvent.Started());
        harness.Deliver();
        harness.Happen(new RequestEvent.CancelRequested());
        harness.Deliver();
        harness.Deliver();
        Assert.True(harness.State.Participants[0].Streamed.Count > harness.State.CancelAt);
        Assert.Equal(5, harness.State.Published.Count);
        var state = harness.Continue();
        Assert.Equal((RequestPhase.Settled, 0, 5), (state.Phase, state.Replacements, state.Answer!.OutputCount));
    }

    [Fact]
    public void Recovered_InTheMiddle_RefundsAsInterrupted()
    {
        var harness = new RequestHarness("checked");
        harness.Happen(new RequestEvent.Started());
        harness.Deliver();
        harness.Happen(new RequestEvent.Recovered());
        Assert.Equal((RequestPhase.Refunded, RefundReason.Interrupted), (harness.State.Phase, harness.State.Refund));
        harness.CheckInvariants();
    }

    [Fact]
    public void Deadline_Passed_ExpiresWithAFullRefund()
    {
        var options = new RequestOptions { DeadlineMs = 30_000 };
        var harness = new RequestHarness("none", options: options) { Casting = (_, _) => Cheat.SilentAtWork };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Expired, RefundReason.DeadlinePassed), (state.Phase, state.Refund));
        Assert.Equal(harness.Spec.Deadline, harness.Now);
        Assert.Equal(Micros.Zero, state.Price);
    }

    [Fact]
    public void Step_AnyEventAfterTheEnd_ChangesNothing()
    {
        var harness = new RequestHarness("checked");
        harness.Run();
        var node = harness.Node(DrawPurpose.Primary);
        RequestEvent[] late =
        [
            new RequestEvent.Started(), new RequestEvent.Ticked(), new RequestEvent.CancelRequested(), new RequestEvent.Recovered(), new RequestEvent.NodeLost(node.Id),
            new RequestEvent.Drawn(DrawPurpose.Primary, []), new RequestEvent.Received(node.Id, new Protocol.Nodes.NodeMessage.Refuse(harness.Spec.Id, "late")),
        ];
        foreach (var happened in late)
            harness.Happen(happened); // the harness asserts that state and effects stay
        Assert.Equal(1, harness.Finishes);
    }
}
