using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Requests;

/// <summary>A request for embeddings goes the way of one for an answer.</summary>
public sealed class EmbeddingRequestTests
{
    private static readonly int[] Inputs = [3, 1, 40];

    [Theory]
    [InlineData("none", 1)]
    [InlineData("checked", 2)]
    [InlineData("checked:3", 4)]
    [InlineData("replicated:3", 3)]
    public void Run_AllHonest_SettlesAndPaysForTheInputOnly(string integrity, int participants)
    {
        var harness = new RequestHarness(integrity, inputs: Inputs);
        var state = harness.Run();

        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Equal(participants, state.Participants.Count);
        Assert.Equal((0, 3), (state.Answer!.OutputCount, state.Answer.Vectors.Count));
        Assert.Empty(harness.Shown);
        var work = state.Participants.Where(p => p.Generates).Sum(p => p.Draw.Chosen.InputPrice.ForTokensCeiling(Inputs.Sum()).Value);
        var check = (state.Participants[0].Draw.Chosen.InputPrice.ForTokensCeiling(Inputs.Sum()).Value * state.Spec.Terms.CheckPermille + 999) / 1000;
        Assert.Equal(work + state.Participants.Count(p => p.Purpose == DrawPurpose.Checker) * check, state.Price.Value);
        var text = ReceiptFile.Write(harness.Receipt());
        Assert.Empty(ReceiptFile.Verify(text, RequestHarness.Signatures, out var read));
        Assert.Equal(text, ReceiptFile.Write(read!));
    }

    [Theory]
    [InlineData(Cheat.Stage1, "checked", EvidenceKind.Stage1Mismatch)]
    [InlineData(Cheat.Truncate, "none", EvidenceKind.Stage1Mismatch)]
    [InlineData(Cheat.OtherModel, "checked", EvidenceKind.Stage2Mismatch)]
    [InlineData(Cheat.OtherModel, "replicated:3", EvidenceKind.Stage2Mismatch)]
    [InlineData(Cheat.WrongParameters, "none", EvidenceKind.BadReveal)]
    public void Run_FirstNodeCheats_IsConvictedAndOthersServe(Cheat cheat, string integrity, EvidenceKind evidence)
    {
        var harness = new RequestHarness(integrity, nodes: 12, inputs: Inputs)
        {
            Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? cheat : Cheat.None,
        };
        var state = harness.Run();

        // Replicas that differ are not the equal ones that were bought; what a reveal proves by itself costs a replacement only.
        Assert.Equal(integrity.StartsWith("replicated", StringComparison.Ordinal) && evidence == EvidenceKind.Stage2Mismatch ? RequestPhase.Refunded : RequestPhase.Settled, state.Phase);
        Assert.Equal(evidence, Assert.Single(state.Convictions).Kind);
        Assert.Empty(ReceiptFile.Verify(ReceiptFile.Write(harness.Receipt()), RequestHarness.Signatures, out _));
    }

    [Fact]
    public void Run_NodeStreamsTokens_IsReplaced()
    {
        var harness = new RequestHarness("none", inputs: Inputs) { Casting = (_, n) => n == 0 ? Cheat.MalformedProgress : Cheat.None };
        var state = harness.Run();
        Assert.Equal((RequestPhase.Settled, 1, ParticipantFailure.Malformed), (state.Phase, state.Replacements, state.Participants[0].Failure));
    }

    /// <summary>P9's limit is for answers: a receipt of embeddings holds them, and little else.</summary>
    [Fact]
    public void Receipt_OfEmbeddings_IsTheVectorsAndTheUsual8KiB()
    {
        var harness = new RequestHarness("checked", inputs: [.. Enumerable.Repeat(1, 200)]);
        harness.Run();
        Assert.InRange(ReceiptCodec.Encode(harness.Receipt().Receipt).Bytes.Length, 200 * 8 * sizeof(float), 200 * 8 * sizeof(float) + 8 * 1024);
    }
}
