using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Requests;

/// <summary>A prompt's own probabilities go the way of an answer: committed to, checked, paid and in the receipt.</summary>
public sealed class ScoredRequestTests
{
    [Theory]
    [InlineData("none", 12)]
    [InlineData("sampled", 0)]
    [InlineData("checked", 0)]
    [InlineData("checked", 12)]
    [InlineData("checked:3", 0)]
    [InlineData("replicated:3", 0)]
    [InlineData("replicated:3", 12)]
    public void Run_AllHonest_SettlesAndShowsTheScoresOnce(string integrity, int maxTokens)
    {
        var harness = new RequestHarness(integrity, scored: 2, maxTokens: maxTokens, promptTokens: 40, streaming: true);
        var state = harness.Run();

        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Equal((maxTokens, 39), (state.Answer!.OutputCount, state.Answer.PromptChunks.Sum(c => c.Positions.Count)));
        Assert.Equal(state.Answer.Output, harness.Shown);
        Assert.Equal(state.Answer.PromptChunks, harness.ShownScores);
        var text = ReceiptFile.Write(harness.Receipt());
        Assert.Empty(ReceiptFile.Verify(text, RequestHarness.Signatures, out var read));
        Assert.Equal(text, ReceiptFile.Write(read!));
    }

    /// <summary>docs/engine.md: each token counts twice, and its check is the same work again.</summary>
    [Fact]
    public void Price_OfScoresAlone_IsTwiceTheInput()
    {
        var state = new RequestHarness("none", scored: 2, maxTokens: 0, promptTokens: 40).Run();
        Assert.Equal(state.Participants[0].Draw.Chosen.InputPrice.ForTokensCeiling(80), state.Price);
    }

    [Theory]
    [InlineData(Cheat.LyingScore, "checked", EvidenceKind.Stage2Mismatch)]
    [InlineData(Cheat.LyingScore, "checked:3", EvidenceKind.Stage2Mismatch)]
    [InlineData(Cheat.LyingScore, "replicated:3", EvidenceKind.Stage2Mismatch)]
    [InlineData(Cheat.OtherModel, "checked", EvidenceKind.Stage2Mismatch)]
    [InlineData(Cheat.NoScores, "none", EvidenceKind.Stage1Mismatch)]
    public void Run_FirstNodeLiesAboutThePrompt_IsConvicted(Cheat cheat, string integrity, EvidenceKind evidence)
    {
        foreach (var maxTokens in new[] { 0, 12 })
        {
            var harness = new RequestHarness(integrity, nodes: 12, scored: 2, maxTokens: maxTokens, promptTokens: 40)
            {
                Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? cheat : Cheat.None,
            };
            var state = harness.Run();
            // One that leaves its scores out shows no token, and is replaced before it commits.
            if (cheat == Cheat.NoScores && maxTokens > 0)
            {
                Assert.Equal((RequestPhase.Settled, ParticipantFailure.Malformed), (state.Phase, state.Participants[0].Failure));
                continue;
            }

            Assert.Equal(integrity.StartsWith("replicated", StringComparison.Ordinal) ? RequestPhase.Refunded : RequestPhase.Settled, state.Phase);
            Assert.Equal(evidence, Assert.Single(state.Convictions).Kind);
            Assert.Empty(ReceiptFile.Verify(ReceiptFile.Write(harness.Receipt()), RequestHarness.Signatures, out _));
        }
    }

    [Theory]
    [InlineData(Cheat.ShowsOtherScores, ParticipantFailure.StreamedOtherwise)]
    [InlineData(Cheat.ScoresLate, ParticipantFailure.Malformed)]
    public void Run_ShownScoresAreNotThoseCommittedTo_NodeFails(Cheat cheat, ParticipantFailure failure)
    {
        var harness = new RequestHarness("none", scored: 2, promptTokens: 40) { Casting = (_, n) => n == 0 ? cheat : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Settled, failure), (state.Phase, state.Participants[0].Failure));
        Assert.Empty(state.Convictions);
    }

    /// <summary>What the requester has read cannot be taken back: another node's scores would contradict it.</summary>
    [Fact]
    public void Run_StreamedScoresTurnOutOtherwise_IsRefunded()
    {
        var harness = new RequestHarness("none", scored: 2, promptTokens: 40, streaming: true) { Casting = (_, n) => n == 0 ? Cheat.ShowsOtherScores : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.StreamDiverged), (state.Phase, state.Refund));
    }

    /// <summary>P5.8 would otherwise make scores free: they are not shown before there is something to pay.</summary>
    [Fact]
    public void Run_CancelledBeforeTheFirstToken_HasShownNoScores()
    {
        var harness = new RequestHarness("none", scored: 2, promptTokens: 40, streaming: true);
        harness.Before = h =>
        {
            if (h.State.Participants.Exists(p => p.Scored.Count > 0) && h.Shown.Count == 0)
                h.Happen(new RequestEvent.CancelRequested());
        };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Refunded, RefundReason.Cancelled), (state.Phase, state.Refund));
        Assert.Empty(harness.ShownScores);
    }

    /// <summary>P9's limit is for answers: what a scored prompt adds is bounded by itself.</summary>
    [Fact]
    public void Receipt_OfTheLongestScoredPrompt_IsBelow1MiBAndTheUsual()
    {
        const int Tokens = VerificationLimits.PromptScoreEntries / 6 + 1;
        var harness = new RequestHarness("none", scored: 5, maxTokens: 0, promptTokens: Tokens);
        harness.Run();
        var prompt = harness.Spec.Prompt.Sum(t => t < 128 ? 1 : 2);
        Assert.InRange(ReceiptCodec.Encode(harness.Receipt().Receipt).Bytes.Length - prompt, 512 * 1024, 1024 * 1024 + 8 * 1024);
    }

    [Fact]
    public void Read_PromptTooLongToScore_IsRefused()
    {
        var spec = new RequestHarness("none", scored: 5, maxTokens: 0, promptTokens: VerificationLimits.PromptScoreEntries / 6 + 1).Spec;
        Assert.Equal(spec.Prompt.Count, RequestSpec.FromBytes(spec.ToBytes()).Prompt.Count);
        Assert.Throws<CanonicalFormatException>(() => RequestSpec.FromBytes((spec with { Prompt = [.. spec.Prompt, 5] }).ToBytes()));
    }
}
