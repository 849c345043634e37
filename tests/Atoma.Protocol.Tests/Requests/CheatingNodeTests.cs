using Atoma.Protocol.Disputes;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Requests;

public sealed class CheatingNodeTests
{
    /// <summary>The first node that generates cheats; all others are honest.</summary>
    private static RequestHarness FirstCheats(string integrity, Cheat cheat, bool streaming = false) => new(integrity, streaming: streaming)
    {
        Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? cheat : Cheat.None,
    };

    [Theory]
    [InlineData(Cheat.Stage1, EvidenceKind.Stage1Mismatch)]
    [InlineData(Cheat.Truncate, EvidenceKind.Stage1Mismatch)]
    [InlineData(Cheat.FalseCancel, EvidenceKind.BadReveal)]
    [InlineData(Cheat.WrongParameters, EvidenceKind.BadReveal)]
    public void Run_CheatProvenByItsReveal_IsConvictedAndReplacedAtEveryLevel(Cheat cheat, EvidenceKind evidence)
    {
        foreach (var integrity in new[] { "none", "checked", "checked:3", "replicated:3" })
        {
            var harness = FirstCheats(integrity, cheat);
            var state = harness.Run();
            Assert.Equal(RequestPhase.Settled, state.Phase);
            var conviction = Assert.Single(state.Convictions);
            Assert.Equal((evidence, state.Participants[0].Node), (conviction.Kind, conviction.Node));
            Assert.DoesNotContain(state.Payments, p => p.To == LedgerAccount.Earnings(conviction.Node));
            Assert.Equal(1, state.Replacements);
        }
    }

    /// <summary>A reveal is not signed, so one that does not open the commitment would convict on the coordinator's word alone (P8.5).</summary>
    [Theory]
    [InlineData(Cheat.BadReveal)]
    [InlineData(Cheat.GarbageReveal)]
    public void Run_RevealThatDoesNotOpenTheCommitment_IsSilenceAndConvictsNobody(Cheat cheat)
    {
        foreach (var integrity in new[] { "none", "checked", "replicated:3" })
        {
            var state = FirstCheats(integrity, cheat).Run();
            Assert.Equal(RequestPhase.Settled, state.Phase);
            Assert.Empty(state.Convictions);
            Assert.Equal((ParticipantStatus.Failed, ParticipantFailure.Silent), (state.Participants[0].Status, state.Participants[0].Failure));
        }
    }

    [Theory]
    [InlineData("checked")]
    [InlineData("checked:3")]
    [InlineData("replicated:2")]
    [InlineData("replicated:3")]
    public void Run_OtherModel_IsFoundByStage2AndJudgedByResolvers(string integrity)
    {
        var harness = new RequestHarness(integrity, nodes: 12)
        {
            Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? Cheat.OtherModel : Cheat.None,
        };
        var state = harness.Run();
        // n equal answers were promised (P4): where replicas differ there are none, whoever was right.
        Assert.Equal(integrity.StartsWith("replicated", StringComparison.Ordinal) ? RequestPhase.Refunded : RequestPhase.Settled, state.Phase);
        var conviction = Assert.Single(state.Convictions);
        Assert.Equal(EvidenceKind.Stage2Mismatch, conviction.Kind);
        Assert.Equal(0, conviction.Position);
        Assert.Equal(3, state.Participants.Count(p => p.Purpose == DrawPurpose.Resolver));
        Assert.DoesNotContain(state.Payments, p => p.To == LedgerAccount.Earnings(conviction.Node));
    }

    /// <summary>Found by the fuzzer: nobody can write such a token as text, so the requester of an answer that nobody checks waited for ever.</summary>
    [Theory]
    [InlineData("none")]
    [InlineData("checked")]
    public void Run_TokenThatTheModelDoesNotHave_IsHardEvidence(string integrity)
    {
        var state = FirstCheats(integrity, Cheat.ForeignToken).Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        var conviction = Assert.Single(state.Convictions);
        Assert.Equal((EvidenceKind.Stage1Mismatch, 1), (conviction.Kind, conviction.Position));
    }

    [Fact]
    public void Run_OtherModelAtLevelNone_IsNotSeen() => Assert.Empty(FirstCheats("none", Cheat.OtherModel).Run().Convictions);

    [Fact]
    public void Run_Equivocation_IsHardEvidence()
    {
        var harness = new RequestHarness("replicated:3")
        {
            Casting = (_, n) => n == 0 ? Cheat.Equivocate : Cheat.None,
        };
        var state = harness.Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Equal(EvidenceKind.Equivocation, Assert.Single(state.Convictions).Kind);
        Assert.NotNull(state.Convictions[0].Second);
    }

    [Theory]
    [InlineData(Cheat.SilentAtWork, ParticipantFailure.Silent)]
    [InlineData(Cheat.SilentAtReveal, ParticipantFailure.Silent)]
    [InlineData(Cheat.Lost, ParticipantFailure.Silent)]
    [InlineData(Cheat.Refuse, ParticipantFailure.Refused)]
    [InlineData(Cheat.BadSignature, ParticipantFailure.Malformed)]
    [InlineData(Cheat.MalformedProgress, ParticipantFailure.Malformed)]
    [InlineData(Cheat.ForeignProgress, ParticipantFailure.Malformed)]
    [InlineData(Cheat.StreamsOtherwise, ParticipantFailure.StreamedOtherwise)]
    public void Run_GeneratorFails_IsReplacedAndNotConvicted(Cheat cheat, ParticipantFailure failure)
    {
        foreach (var integrity in new[] { "none", "checked", "replicated:3" })
        {
            var state = FirstCheats(integrity, cheat).Run();
            Assert.Equal(RequestPhase.Settled, state.Phase);
            Assert.Equal((ParticipantStatus.Failed, failure), (state.Participants[0].Status, state.Participants[0].Failure));
            Assert.Empty(state.Convictions);
            Assert.Equal(1, state.Replacements);
        }
    }

    /// <summary>A refusal is free of penalty only before anything was committed (P5.9, P12 withheld reveal).</summary>
    [Fact]
    public void Run_RefusesToReveal_CountsAsSilent() =>
        Assert.Equal(ParticipantFailure.Silent, FirstCheats("replicated:3", Cheat.RefuseReveal).Run().Participants[0].Failure);

    /// <summary>Progress without a token would renew the time limit for ever, free of penalty.</summary>
    [Fact]
    public void Run_EmptyProgress_IsMalformed() =>
        Assert.Equal(ParticipantFailure.Malformed, FirstCheats("none", Cheat.EmptyProgress).Run().Participants[0].Failure);

    [Theory]
    [InlineData(Cheat.SilentAtCheck, ParticipantFailure.Silent)]
    [InlineData(Cheat.SilentAtVote, ParticipantFailure.Silent)]
    [InlineData(Cheat.Lost, ParticipantFailure.Silent)]
    [InlineData(Cheat.Refuse, ParticipantFailure.Refused)]
    [InlineData(Cheat.BadVote, ParticipantFailure.Malformed)]
    [InlineData(Cheat.InconclusiveVote, ParticipantFailure.Refused)]
    public void Run_CheckerFails_IsReplacedAndUnpaid(Cheat cheat, ParticipantFailure failure)
    {
        var harness = new RequestHarness("checked") { Casting = (purpose, n) => purpose == DrawPurpose.Checker && n == 0 ? cheat : Cheat.None };
        var state = harness.Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Equal(failure, harness.Of(DrawPurpose.Checker).Failure);
        Assert.DoesNotContain(state.Payments, p => p.To == LedgerAccount.Earnings(harness.Of(DrawPurpose.Checker).Node));
        Assert.Contains(state.Payments, p => p.To == LedgerAccount.Earnings(harness.Of(DrawPurpose.Checker, 1).Node));
    }

    /// <summary>Resolvers contradict the checker: three votes do not say who lied, so another node answers and an assembly finds out.</summary>
    [Fact]
    public void Run_LyingChecker_IsUnpaidAndAnotherNodeAnswers()
    {
        var harness = new RequestHarness("checked", nodes: 10) { Casting = (purpose, n) => purpose == DrawPurpose.Checker && n == 0 ? Cheat.LyingVote : Cheat.None };
        var state = harness.Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Empty(state.Convictions);
        Assert.Equal(ParticipantStatus.Dismissed, harness.Of(DrawPurpose.Primary).Status);
        Assert.Equal(LedgerAccount.Earnings(harness.Of(DrawPurpose.Primary, 1).Node), Assert.Single(state.Payments, p => p.Code == TransferCode.PayPrimary).To);
        Assert.Equal(LedgerAccount.Earnings(harness.Of(DrawPurpose.Checker, 1).Node), Assert.Single(state.Payments, p => p.Code == TransferCode.PayChecker).To);
        Assert.Equal(state.Answer!.Digest(), Assert.Single(CaseRules.Contradicted(state)));
    }

    /// <summary>A cheat that its checker caught is not sold by a corrupt panel (at r = 1/3 three resolvers have a corrupt majority one time in four).</summary>
    [Fact]
    public void Run_ResolversCoverUpForACaughtCheat_ItsAnswerIsNotDelivered()
    {
        var harness = new RequestHarness("checked", nodes: 12)
        {
            Casting = (purpose, n) => (purpose, n) switch
            {
                (DrawPurpose.Primary, 0) => Cheat.OtherModel,
                (DrawPurpose.Resolver, _) => Cheat.LyingVote,
                _ => Cheat.None,
            },
        };
        var state = harness.Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.NotEqual(harness.Of(DrawPurpose.Primary).Digest, state.Answer!.Digest());
        Assert.Equal(harness.Of(DrawPurpose.Primary).Digest, Assert.Single(CaseRules.Contradicted(state)));
    }

    [Fact]
    public void Run_OneLyingCheckerOfThree_IsOutvoted()
    {
        var harness = new RequestHarness("checked:3") { Casting = (purpose, n) => purpose == DrawPurpose.Checker && n == 1 ? Cheat.LyingVote : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Settled, 4), (state.Phase, state.Participants.Count));
        Assert.Equal(2, state.Payments.Count(p => p.Code == TransferCode.PayChecker));
    }

    [Fact]
    public void Run_ResolversWithoutMajority_RefundsAndConvictsNobody()
    {
        var harness = new RequestHarness("checked")
        {
            Casting = (purpose, n) => (purpose, n) switch
            {
                (DrawPurpose.Checker, _) => Cheat.LyingVote,
                (DrawPurpose.Resolver, 0) => Cheat.SilentAtCheck,
                (DrawPurpose.Resolver, 1) => Cheat.LyingVote,
                _ => Cheat.None,
            },
        };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.NoQuorum), (state.Phase, state.Refund));
        Assert.Empty(state.Convictions);
    }

    [Fact]
    public void Run_NoNodeLeftToResolve_RefundsAndConvictsNobody()
    {
        var harness = new RequestHarness("replicated:2", nodes: 2) { Casting = (_, n) => n == 0 ? Cheat.OtherModel : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.NoQuorum), (state.Phase, state.Refund));
        Assert.Empty(state.Convictions);
    }

    // P5.9
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_EveryNodeSilent_StopsAfterTheReplacementLimit(int limit)
    {
        var harness = new RequestHarness("none", options: new RequestOptions { ReplacementsMax = limit, DeadlineMs = 3_600_000 })
        {
            Casting = (_, _) => Cheat.SilentAtWork,
        };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.NodesFailed), (state.Phase, state.Refund));
        Assert.Equal(limit + 1, state.Participants.Count);
    }

    [Fact]
    public void Run_MoreReplicasSilentAtOnceThanMayBeReplaced_Refunds()
    {
        var harness = new RequestHarness("replicated:5", nodes: 20) { Casting = (_, n) => n < 5 ? Cheat.SilentAtWork : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.NodesFailed, 5), (state.Phase, state.Refund, state.Participants.Count));
    }

    [Fact]
    public void Run_EveryPrimaryCheats_RefundsAsFraudAndConvictsEach()
    {
        var harness = new RequestHarness("checked", nodes: 20)
        {
            Casting = (purpose, _) => purpose == DrawPurpose.Primary ? Cheat.Stage1 : Cheat.None,
        };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.FraudDetected), (state.Phase, state.Refund));
        Assert.Equal(4, state.Convictions.Count);
    }

    [Fact]
    public void Run_StreamingCheatAlreadyShown_RefundsInsteadOfServingAnotherAnswer()
    {
        var state = FirstCheats("checked", Cheat.Stage1, streaming: true).Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.FraudDetected), (state.Phase, state.Refund));
        Assert.Single(state.Convictions);
    }

    /// <summary>Two failures at once asked for two draws; the first result counted as a shortfall and refunded the request.</summary>
    [Theory]
    [InlineData(Cheat.Lost)]
    [InlineData(Cheat.SilentAtWork)]
    public void Run_TwoReplicasFailAtOnce_BothAreReplaced(Cheat cheat)
    {
        var harness = new RequestHarness("replicated:3") { Casting = (_, n) => n < 2 ? cheat : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Settled, 2, 5), (state.Phase, state.Replacements, state.Participants.Count));
    }

    /// <summary>While a replacement generated, another's reveal was dropped, and its honest node then paid for silence.</summary>
    [Fact]
    public void Run_ReplicaConvictedWhileOthersReveal_KeepsTheOthersReveals()
    {
        // The first replacement never answers: by the time it is given up, the reveals' own time limit is long past.
        var harness = new RequestHarness("replicated:4")
        {
            Casting = (_, n) => n switch { 0 => Cheat.Stage1, 4 => Cheat.SilentAtWork, _ => Cheat.None },
        };
        var state = harness.Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Single(state.Participants, p => p.Failure == ParticipantFailure.Silent);
    }

    /// <summary>A checker that covered up for the cheat was paid out of the cheat's slashed collateral, as honest.</summary>
    [Fact]
    public void Open_SlashCase_DoesNotRewardThoseWhoVotedForTheCheat()
    {
        var harness = new RequestHarness("checked:3", nodes: 20)
        {
            Casting = (purpose, n) => (purpose, n) switch
            {
                (DrawPurpose.Primary, 0) => Cheat.OtherModel,
                (DrawPurpose.Checker, 0) or (DrawPurpose.Resolver, 2) => Cheat.LyingVote,
                _ => Cheat.None,
            },
        };
        var state = harness.Run();
        var slash = SlashCase.Open(state, Assert.Single(state.Convictions), new Micros(1000), harness.Now, TimeSpan.FromHours(1));
        Assert.DoesNotContain(harness.Of(DrawPurpose.Checker).Node, slash.Honest);
        Assert.Contains(harness.Of(DrawPurpose.Checker, 1).Node, slash.Honest);
        Assert.DoesNotContain(harness.Of(DrawPurpose.Resolver, 2).Node, slash.Resolvers);
        Assert.Equal(2, slash.Resolvers.Count);
        Assert.Equal(slash.ToBytes(), SlashCase.FromBytes(slash.ToBytes()).ToBytes());
    }
}
