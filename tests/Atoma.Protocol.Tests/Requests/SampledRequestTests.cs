using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Requests;

/// <summary>L1 (P4): audited with probability p, drawn after the commitment.</summary>
public sealed class SampledRequestTests
{
    [Fact]
    public void Run_NotAudited_SettlesAtOnceAndPaysForAudits()
    {
        var harness = new RequestHarness("sampled", auditPpm: 0);
        var state = harness.Run();
        Assert.Equal((RequestPhase.Settled, 1, false), (state.Phase, state.Participants.Count, harness.Delivered));
        Assert.NotNull(state.Audit);

        var paying = new RequestHarness("sampled", auditPpm: 1);
        // p·k·v of the price, rounded up.
        var fee = Assert.Single(paying.Run().Payments, p => p.Code == TransferCode.AuditFee);
        Assert.Equal((LedgerAccount.AuditPool, 1L), (fee.To, fee.Amount.Value));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_Audited_IsDeliveredBeforeItsCheckersAreDrawn(bool streaming)
    {
        var harness = new RequestHarness("sampled", auditPpm: Audit.Certain, streaming: streaming);
        var state = harness.Run();
        Assert.Equal((RequestPhase.Settled, true), (state.Phase, harness.Delivered));
        Assert.Equal(DrawPurpose.Checker, state.Participants[1].Purpose);
        Assert.Equal(state.Answer!.Output, harness.Shown);
        // 1 + p·k·v, and the checker is paid from the pool, not from the hold.
        var answer = state.Payments[0].Amount + state.Payments.Single(p => p.Code == TransferCode.Fee).Amount;
        Assert.Equal(answer + harness.Spec.Terms.Check(answer), state.Price);
        Assert.DoesNotContain(state.Payments, p => p.Code == TransferCode.PayChecker);
        Assert.Equal(harness.Of(DrawPurpose.Checker).Node, Assert.Single(RequestMachine.AuditorsDue(state)).Node);
    }

    [Fact]
    public void Run_AuditedCheat_IsConvictedAndTheRequesterPaysNothing()
    {
        var harness = new RequestHarness("sampled", nodes: 12, auditPpm: Audit.Certain)
        {
            Casting = (purpose, _) => purpose == DrawPurpose.Primary ? Cheat.OtherModel : Cheat.None,
        };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.FraudDetected), (state.Phase, state.Refund));
        Assert.Equal(EvidenceKind.Stage2Mismatch, Assert.Single(state.Convictions).Kind);
        Assert.Single(state.Participants, p => p.Generates);
    }

    [Fact]
    public void Run_UnauditedCheat_IsNotSeen() => Assert.Empty(new RequestHarness("sampled", auditPpm: 0)
    {
        Casting = (purpose, _) => purpose == DrawPurpose.Primary ? Cheat.OtherModel : Cheat.None,
    }.Run().Convictions);

    /// <summary>P12 censored audit: checkers that refuse or fall silent do not get a cheat paid.</summary>
    [Theory]
    [InlineData(Cheat.SilentAtCheck)]
    [InlineData(Cheat.Refuse)]
    public void Run_EveryCheckerEvadesTheAudit_IsRefunded(Cheat evasion)
    {
        var harness = new RequestHarness("sampled", nodes: 12, auditPpm: Audit.Certain)
        {
            Casting = (purpose, _) => purpose == DrawPurpose.Checker ? evasion : Cheat.None,
        };
        Assert.Equal(RequestPhase.Refunded, harness.Run().Phase);
    }

    /// <summary>By thresholds a failed audit proves nothing: no dispute, nobody convicted, and no reason to pay.</summary>
    [Fact]
    public void Run_StatisticalMismatch_RefundsAndConvictsNobody()
    {
        var exact = new RequestHarness("sampled", auditPpm: Audit.Certain);
        var harness = new RequestHarness(exact, exact.Spec with { Comparison = Comparison.Statistical })
        {
            Casting = (purpose, _) => purpose == DrawPurpose.Primary ? Cheat.OtherModel : Cheat.None,
        };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.AuditFailed), (state.Phase, state.Refund));
        Assert.Equal(2, state.Participants.Count);
    }

    [Fact]
    public void Run_StatisticalAndTooShortToTell_Settles()
    {
        var exact = new RequestHarness("sampled", auditPpm: Audit.Certain);
        var harness = new RequestHarness(exact, exact.Spec with { Comparison = Comparison.Statistical })
        {
            Casting = (purpose, _) => purpose == DrawPurpose.Checker ? Cheat.InconclusiveVote : Cheat.None,
        };
        Assert.Equal(RequestPhase.Settled, harness.Run().Phase);
    }

    /// <summary>A second commitment after the reveal is a lie as before it.</summary>
    [Fact]
    public void Run_SecondCommitmentAfterTheReveal_IsConvicted()
    {
        var harness = new RequestHarness("sampled", nodes: 12, auditPpm: Audit.Certain);
        var said = false;
        harness.Before = h =>
        {
            var primary = h.State.Participants.Find(p => p is { Generates: true, Status: ParticipantStatus.Revealed });
            if (primary is null || said)
                return;
            said = true;
            h.Node(primary.Node).Cheat = Cheat.Equivocate;
            h.Say(h.Node(primary.Node), h.Node(primary.Node).SecondCommitment(h.Spec.Id));
        };
        var state = harness.Run();
        Assert.Equal(EvidenceKind.Equivocation, Assert.Single(state.Convictions).Kind);
        Assert.Equal(RefundReason.FraudDetected, state.Refund);
    }

    [Fact]
    public void Verify_AuditLeftOutOfTheReceipt_IsFound()
    {
        var harness = new RequestHarness("sampled", auditPpm: Audit.Certain);
        var state = harness.Run();
        var forged = state with { Participants = state.Participants.RemoveAt(1) };
        var problems = new ReceiptVerifier(RequestHarness.Signatures).Verify(SignedReceipt.Sign(new Receipt(forged, 3, harness.Now), RequestHarness.Coordinator));
        Assert.Contains(problems, p => p.Field == "answer");
        var missing = state with { Audit = null };
        problems = new ReceiptVerifier(RequestHarness.Signatures).Verify(SignedReceipt.Sign(new Receipt(missing, 3, harness.Now), RequestHarness.Coordinator));
        Assert.Contains(problems, p => p.Field == "answer");
    }
}
