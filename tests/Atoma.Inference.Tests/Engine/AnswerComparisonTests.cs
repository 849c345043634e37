using Atoma.Inference.Engine;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

public class AnswerComparisonTests
{
    private static readonly SamplingParameters Parameters = new() { MaxTokens = 40 };

    [Fact]
    public void Next_ThinnedEvidence_MatchesItsOwnThinning()
    {
        // Token ids of three bytes each: eight entries exceed the budget, so the claimed chunk is thinned.
        var own = Positions(40, entry: i => 100_000 + i);
        var claimed = Claim(own);
        Assert.True(claimed.Positions.First().Entries.Count < 8);
        Assert.Equal(CheckOutcome.Match, Compare(claimed, own));
    }

    [Fact]
    public void Next_EarlierEvidenceIsWrongToo_NamesTheEarlierPosition()
    {
        var own = Positions(40);
        var claimed = Positions(40);
        claimed[10] = new PositionEvidence([claimed[10].Entries[0], new EvidenceEntry(9999, 1)]);
        claimed[20] = new PositionEvidence([claimed[20].Entries[1], claimed[20].Entries[0]]);
        var outcome = Compare(Raw(claimed), own);
        Assert.Equal((Verdict.Mismatch, 10), (outcome.Verdict, outcome.Position));
    }

    [Fact]
    public void Next_EvidenceThinnedBelowTheRule_IsAMismatch()
    {
        var own = Positions(40);
        var outcome = Compare(Raw([.. own.Select(p => new PositionEvidence([p.Entries[0]]))]), own);
        Assert.Equal((Verdict.Mismatch, 0), (outcome.Verdict, outcome.Position));
    }

    [Fact]
    public void Next_OtherLikeliestTokens_AreAMismatch()
    {
        PositionEvidence[] own = [.. Positions(40).Select(p => p with { Likeliest = p.Entries })];
        Assert.Equal(CheckOutcome.Match, Compare(Claim(own), own));
        own[7] = own[7] with { Likeliest = [.. own[7].Likeliest.Reverse()] };
        var outcome = Compare(Claim([.. own.Select((p, i) => i == 7 ? p with { Likeliest = p.Entries } : p)]), own);
        Assert.Equal((Verdict.Mismatch, 7), (outcome.Verdict, outcome.Position));
    }

    [Fact]
    public void Next_ClaimsAnotherEnd_IsAMismatchAtTheEnd()
    {
        var own = Positions(40);
        var outcome = Compare(Claim(own) with { Finish = FinishReason.EndOfSequence }, own);
        Assert.Equal((Verdict.Mismatch, 40), (outcome.Verdict, outcome.Position));
    }

    private static CheckOutcome Compare(Transcript claimed, IReadOnlyList<PositionEvidence> own)
    {
        var comparison = new AnswerComparison(claimed, new FinishRule(Parameters, new HashSet<int> { 2 }, new NoText()));
        foreach (var position in own)
        {
            if (comparison.Next(position) is { } outcome)
                return outcome;
        }

        throw new InvalidOperationException("The comparison did not end.");
    }

    private static List<PositionEvidence> Positions(int count, Func<int, int>? entry = null) =>
    [
        .. Enumerable.Range(0, count).Select(i => new PositionEvidence(
            [.. Enumerable.Range(0, 8).Select(k => new EvidenceEntry((entry?.Invoke(i) ?? 10 + i) + k * 100, (ushort)(100 + k)))])),
    ];

    /// <summary>As an honest node builds it.</summary>
    private static Transcript Claim(IEnumerable<PositionEvidence> positions)
    {
        var builder = new TranscriptBuilder(Hash32.Zero, [1], Parameters);
        foreach (var position in positions)
            builder.Add(position);
        return builder.Finish(FinishReason.Length);
    }

    private static Transcript Raw(IEnumerable<PositionEvidence> positions) => new(
        Hash32.Zero, [1], Parameters, [.. positions.Chunk(VerificationLimits.ChunkPositions).Select(c => new TranscriptChunk(c))], FinishReason.Length);

    private sealed class NoText : ITokenizer
    {
        public int VocabularySize => 1 << 20;

        public bool HasChatTemplate => false;

        public int[] Tokenize(string text) => [];

        public int[] TokenizeChat(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null) => [];

        public ToolCallFormat ToolCalls => ToolCallFormat.None;

        public byte[] TokenBytes(int token) => [];
    }
}
