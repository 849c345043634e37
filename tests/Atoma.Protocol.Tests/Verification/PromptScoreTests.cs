using Atoma.Protocol.Common;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Verification;

public sealed class PromptScoreTests
{
    private static readonly HashSet<int> Ends = [FakeModel.EndOfGeneration];
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 70).Select(i => 2 + i * 37 % 190)];
    private static readonly SamplingParameters Scored = new() { ScorePrompt = true, TopLogprobs = 3, MaxTokens = 4, Seed = 7, IgnoreEndOfSequence = true };
    private static readonly Transcript Honest = new FakeModel().Answer(Prompt, Scored);

    /// <summary>Scoring is what generating the same tokens would show: a greedy answer's evidence, seen as a prompt's.</summary>
    [Fact]
    public void Score_OfGeneratedTokens_IsTheirEvidence()
    {
        var greedy = new FakeModel().Answer(Prompt, Scored with { Temperature = 0, ScorePrompt = false, MaxTokens = 40 });
        var scored = new FakeModel().Answer([.. Prompt, .. greedy.Output], Scored with { MaxTokens = 0 });
        Assert.Equal(
            greedy.Positions.Select(p => p.Shown),
            scored.PromptChunks.SelectMany(c => c.Positions).Skip(Prompt.Length - 1));
    }

    [Fact]
    public void Digest_GoldenScores_IsTheGoldenDigest()
    {
        var transcript = new Transcript(Hash32.Sha256("model"u8), [1, 2, 300], new SamplingParameters { ScorePrompt = true, TopLogprobs = 1, MaxTokens = 0 }, [], FinishReason.Length)
        {
            PromptChunks = PromptScores.Chunked([new([new(2, 100)]) { Likeliest = [new(9, 50)] }, new([new(300, 65_535)]) { Likeliest = [new(7, 0)] }]),
        };
        var (digest, bytes) = (transcript.Digest().ToString(), Convert.ToHexStringLower(transcript.ToBytes().AsSpan(32)));
        Assert.True(digest == "7aba2d5722dbe314d6749018dd2e5c537e1d6fc3f12aa328e8de6cb8536d49d2", digest);
        Assert.True(bytes == "030102ac02000000000000f03f000000000000f03f00000000000000000000000000000000000000000000000000000000000000000000f03f4000000000000000010000000000000000000000000000010102810264000109320081ac02ffff01070000000001", bytes);
        Assert.Null(PromptScores.Replay(transcript));
        var back = Transcript.FromBytes(transcript.ToBytes());
        Assert.Equal(transcript.ToBytes(), back.ToBytes());
        Assert.NotEqual(transcript.Digest(), (transcript with { Chunks = transcript.PromptChunks, PromptChunks = [] }).Digest());
        Assert.Equal(0, transcript.FirstDifference(back with { PromptChunks = [] }));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    public void Replay_HonestScores_Pass(int maxTokens)
    {
        var transcript = new FakeModel().Answer(Prompt, Scored with { MaxTokens = maxTokens });
        Assert.Equal([32, 32, 5], transcript.PromptChunks.Select(c => c.Positions.Count));
        Assert.Null(Stage1.Replay(transcript, Ends));
    }

    [Fact]
    public void Replay_OnePromptToken_HasNothingToScore() => Assert.Null(Stage1.Replay(new FakeModel().Answer([5], Scored with { MaxTokens = 0 }), Ends));

    [Fact]
    public void Replay_EachFault_IsFound()
    {
        PositionEvidence[] scores = [.. Honest.PromptChunks.SelectMany(c => c.Positions)];
        (Transcript Bent, string Reason)[] cases =
        [
            (Honest with { PromptChunks = [] }, "scores 0 tokens"),
            (Honest with { PromptChunks = PromptScores.Chunked(scores.SkipLast(1)) }, "scores 68 tokens"),
            (Honest with { PromptChunks = [.. PromptScores.Chunked(scores.Take(31)), .. PromptScores.Chunked(scores.Skip(31))] }, "whole chunks"),
            (With(5, s => new([new((s.Token + 1) % 200, 0)]) { Likeliest = s.Likeliest }), "token 6 of the prompt"),
            (With(5, s => new([s.Entries[0], s.Likeliest[0]]) { Likeliest = s.Likeliest }), "token 6 of the prompt"),
            (With(5, s => s with { Likeliest = [] }), "as many likeliest"),
            (With(5, s => s with { Likeliest = [.. s.Likeliest.Reverse()] }), "out of order"),
            (With(5, s => new([s.Entries[0] with { Quanta = 0 }]) { Likeliest = s.Likeliest }), "token 6 of the prompt"),
            (Honest with { Parameters = Honest.Parameters with { ScorePrompt = false } }, "scores 69 tokens of the prompt, not 0"),
        ];
        foreach (var (bent, reason) in cases)
        {
            var fault = Stage1.Replay(bent, Ends);
            Assert.Equal(0, fault?.Position);
            Assert.Contains(reason, fault!.Reason, StringComparison.Ordinal);
        }

        Transcript With(int index, Func<PositionEvidence, PositionEvidence> change) =>
            Honest with { PromptChunks = PromptScores.Chunked(scores.Select((s, i) => i == index ? change(s) : s)) };
    }

    [Fact]
    public void Problem_ScoresOutOfRange_SaysSo()
    {
        Assert.Null((Scored with { MaxTokens = 0 }).Problem());
        SamplingParameters[] wrong =
        [
            Scored with { TopLogprobs = 0 }, Scored with { MaxTokens = -1 }, new() { MaxTokens = 0, TopLogprobs = 1 },
            new() { MaxTokens = 0, InputLengths = [1], ScorePrompt = true, TopLogprobs = 1 },
        ];
        Assert.All(wrong, p => Assert.NotNull(p.Problem()));
    }

    [Fact]
    public void Refusal_MoreThanAReceiptHolds_NamesTheNumbers()
    {
        Assert.Null(PromptScores.Refusal(Scored with { TopLogprobs = 5 }, 32_769));
        var refusal = PromptScores.Refusal(Scored with { TopLogprobs = 5 }, 32_770);
        Assert.Contains("196614", refusal, StringComparison.Ordinal);
        Assert.Null(PromptScores.Refusal(Scored with { TopLogprobs = 5, ScorePrompt = false }, 32_770));
    }
}
