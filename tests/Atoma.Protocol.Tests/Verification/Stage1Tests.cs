using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification;

public sealed class Stage1Tests
{
    private static readonly HashSet<int> Ends = [FakeModel.EndOfGeneration];
    private static readonly int[] Prompt = [3, 1, 4, 1, 5];

    private static Transcript Honest(SamplingParameters parameters) => new FakeModel().Answer(Prompt, parameters);

    private static Transcript With(Transcript transcript, int position, Func<PositionEvidence, PositionEvidence> change)
    {
        var at = 0;
        return transcript with { Chunks = [.. transcript.Chunks.Select(c => new TranscriptChunk([.. c.Positions.Select(p => at++ == position ? change(p) : p)]))] };
    }

    private static Transcript Cut(Transcript transcript, int length)
    {
        var builder = new TranscriptBuilder(transcript.Model, transcript.Prompt, transcript.Parameters);
        foreach (var position in transcript.Positions.Take(length))
            builder.Add(position);
        return builder.Finish(transcript.Finish);
    }

    [Fact]
    public void Replay_HonestTranscriptOfAnyParameters_IsAccepted() =>
        Gen.Select(SamplerTests.Parameters, Gen.Int[1, 80], Gen.Bool).Sample((parameters, most, ignore) =>
        {
            var transcript = Honest(parameters with { MaxTokens = most, IgnoreEndOfSequence = ignore });
            Assert.Null(Stage1.Replay(transcript, Ends));
            Assert.Null(Stage1.Replay(Transcript.FromBytes(transcript.ToBytes()), Ends));
        }, iter: 60);

    public static TheoryData<int> Positions => [0, 1, 17, 31, 32, 39];

    [Theory, MemberData(nameof(Positions))]
    public void Replay_AnySingleTampering_IsFoundAtItsPosition(int position)
    {
        var honest = Honest(new SamplingParameters { Seed = 7, MaxTokens = 40, IgnoreEndOfSequence = true });
        (string Name, Func<PositionEvidence, PositionEvidence> Change)[] cheats =
        [
            ("swaps winner and runner-up", p => new([p.Entries[1], p.Entries[0], .. p.Entries.Skip(2)])),
            ("puts another token first", p => new([new EvidenceEntry(199, 65_535), .. p.Entries])),
            ("makes the runner-up likelier", p => new([p.Entries[0], p.Entries[1] with { Quanta = 0 }, .. p.Entries.Skip(2)])),
            ("makes the winner unlikelier", p => new([p.Entries[0] with { Quanta = 65_535 }, .. p.Entries.Skip(1)])),
            ("renames the winner to an unlikely one", p => new([p.Entries[0] with { Token = 150, Quanta = 40_000 }, .. p.Entries.Skip(1)])),
            ("reverses the evidence", p => new([.. p.Entries.Reverse()])),
            ("names a candidate twice", p => new([p.Entries[0], p.Entries[0], .. p.Entries.Skip(1)])),
        ];
        foreach (var (name, change) in cheats)
        {
            var fault = Stage1.Replay(With(honest, position, change), Ends);
            Assert.True(fault is not null, name);
            Assert.Equal(position, fault.Position);
        }
    }

    [Fact]
    public void Replay_PositionsReordered_IsFound()
    {
        var honest = Honest(new SamplingParameters { Seed = 7, MaxTokens = 20, IgnoreEndOfSequence = true });
        var positions = honest.Positions.ToArray();
        (positions[3], positions[4]) = (positions[4], positions[3]);
        Assert.Equal(3, Stage1.Replay(honest with { Chunks = [new TranscriptChunk(positions)] }, Ends)!.Position);
    }

    [Fact]
    public void Replay_AnotherSeedOrTemperature_IsFound()
    {
        var honest = Honest(new SamplingParameters { Seed = 7, MaxTokens = 40, IgnoreEndOfSequence = true });
        Assert.NotNull(Stage1.Replay(honest with { Parameters = honest.Parameters with { Seed = 8 } }, Ends));
        Assert.NotNull(Stage1.Replay(honest with { Parameters = honest.Parameters with { Temperature = 0 } }, Ends));
        Assert.NotNull(Stage1.Replay(honest with { Parameters = honest.Parameters with { TopK = 2 } }, Ends));
    }

    [Fact]
    public void Replay_LiesAboutTheEnd_AreFound()
    {
        var full = Honest(new SamplingParameters { Seed = 7, MaxTokens = 40, IgnoreEndOfSequence = true });
        Assert.Contains("shorter", Stage1.Replay(Cut(full, 39), Ends)!.Reason, StringComparison.Ordinal);
        Assert.Contains("not there", Stage1.Replay(full with { Finish = FinishReason.EndOfSequence }, Ends)!.Reason, StringComparison.Ordinal);
        Assert.Contains("stop text", Stage1.Replay(full with { Finish = FinishReason.StopText }, Ends)!.Reason, StringComparison.Ordinal);
        Assert.Contains("longer", Stage1.Replay(full with { Parameters = full.Parameters with { MaxTokens = 39 } }, Ends)!.Reason, StringComparison.Ordinal);
        Assert.NotNull(Stage1.Replay(Cut(full, 0) with { Finish = FinishReason.EndOfSequence }, Ends));
    }

    [Fact]
    public void Replay_EndOfGenerationSkippedOrDenied_IsFound()
    {
        var ended = Enumerable.Range(0, 1000).Select(seed => Honest(new SamplingParameters { Seed = (ulong)seed, MaxTokens = 200 }))
            .First(t => t.Finish == FinishReason.EndOfSequence && t.OutputCount > 3);
        Assert.Null(Stage1.Replay(ended, Ends));
        Assert.Contains("goes on", Stage1.Replay(ended with { Finish = FinishReason.Cancelled }, Ends)!.Reason, StringComparison.Ordinal);
        Assert.Contains("not there", Stage1.Replay(Cut(ended, ended.OutputCount - 1), Ends)!.Reason, StringComparison.Ordinal);

        var goesOn = new FakeModel().Answer(Prompt, ended.Parameters with { MaxTokens = ended.OutputCount + 1, IgnoreEndOfSequence = true });
        goesOn = goesOn with { Parameters = goesOn.Parameters with { IgnoreEndOfSequence = false } };
        Assert.Equal(ended.OutputCount - 1, Stage1.Replay(goesOn, Ends)!.Position);
    }

    [Fact]
    public void Replay_RepetitionPenaltyLeftOut_IsFound()
    {
        var parameters = new SamplingParameters { Temperature = 0, RepetitionPenalty = 2, RepetitionWindow = 8, MaxTokens = 200, IgnoreEndOfSequence = true };
        var honest = Honest(parameters);
        Assert.Null(Stage1.Replay(honest, Ends));
        Assert.NotNull(Stage1.Replay(Honest(parameters with { RepetitionPenalty = 1 }) with { Parameters = parameters }, Ends));
        Assert.NotNull(Stage1.Replay(honest with { Parameters = parameters with { RepetitionWindow = 100 } }, Ends));
    }

    /// <summary>The window reaches into the prompt: another prompt, other penalties.</summary>
    [Fact]
    public void Replay_RepetitionInThePrompt_Counts()
    {
        var parameters = new SamplingParameters { Temperature = 0, RepetitionPenalty = 2, MaxTokens = 20, IgnoreEndOfSequence = true };
        var free = Honest(parameters with { RepetitionPenalty = 1 });
        int[] prompt = [free.Output.First(), .. Enumerable.Repeat(0, 20)];
        Assert.Null(Stage1.Replay(new FakeModel().Answer(prompt, parameters), Ends));
        Assert.NotNull(Stage1.Replay(new FakeModel().Answer(prompt, parameters) with { Prompt = [.. new FakeModel().Answer(prompt, parameters).Positions.First().Entries.Select(e => e.Token)] }, Ends));
    }

    [Fact]
    public void Replay_StopTokenSkippedOrDenied_IsFound()
    {
        var parameters = new SamplingParameters { Seed = 7, MaxTokens = 40, IgnoreEndOfSequence = true };
        var goesOn = Honest(parameters);
        int[] output = [.. goesOn.Output];
        var stop = parameters with { StopTokens = [output[20]] };
        var first = Array.IndexOf(output, output[20]);
        Assert.Contains("stop token", Stage1.Replay(goesOn with { Parameters = stop }, Ends)!.Reason, StringComparison.Ordinal);
        Assert.Equal(first, Stage1.Replay(goesOn with { Parameters = stop }, Ends)!.Position);

        var stopped = Honest(stop);
        Assert.Equal((FinishReason.StopToken, first + 1), (stopped.Finish, stopped.OutputCount));
        Assert.Null(Stage1.Replay(stopped, Ends));
        Assert.NotNull(Stage1.Replay(stopped with { Finish = FinishReason.Cancelled }, Ends));
        Assert.NotNull(Stage1.Replay(Cut(stopped, first), Ends));
        Assert.NotNull(Stage1.Replay(Cut(stopped, 0), Ends));
    }

    [Fact]
    public void Replay_LiesAboutTheLikeliestTokens_AreFound()
    {
        var honest = Honest(new SamplingParameters { Seed = 7, MaxTokens = 40, IgnoreEndOfSequence = true, TopLogprobs = 5 });
        Assert.All(honest.Positions, p => Assert.Equal(5, p.Likeliest.Count));
        (string Name, Func<PositionEvidence, PositionEvidence> Change)[] cheats =
        [
            ("leaves them out", p => p with { Likeliest = [] }),
            ("shows more", p => p with { Likeliest = [.. p.Likeliest, new EvidenceEntry(199, 65_535)] }),
            ("reverses them", p => p with { Likeliest = [.. p.Likeliest.Reverse()] }),
            ("repeats one", p => p with { Likeliest = [p.Likeliest[0], .. p.Likeliest.Take(4)] }),
            ("leaves out the likeliest, which is the choice", p => p with { Entries = [p.Likeliest[0]], Likeliest = [.. p.Likeliest.Skip(1)] }),
            ("gives one another probability", p => p with { Entries = [p.Likeliest[2]], Likeliest = [.. p.Likeliest.Select((e, i) => i == 2 ? e with { Quanta = (ushort)(e.Quanta - 1) } : e)] }),
        ];
        foreach (var (name, change) in cheats)
            Assert.True(Stage1.Replay(With(honest, 17, change), Ends) is { Position: 17 }, name);
        Assert.NotNull(Stage1.Replay(honest with { Parameters = honest.Parameters with { TopLogprobs = 0 } }, Ends));
    }

    [Fact]
    public void Replay_GrammarEndWithoutAGrammar_IsFound()
    {
        var full = Honest(new SamplingParameters { Seed = 7, MaxTokens = 40, IgnoreEndOfSequence = true });
        Assert.Contains("grammar", Stage1.Replay(Cut(full, 30) with { Finish = FinishReason.GrammarEnd }, Ends)!.Reason, StringComparison.Ordinal);
        var parameters = full.Parameters with { Grammar = "root ::= ." };
        Assert.Null(Stage1.Replay(Cut(full, 30) with { Finish = FinishReason.GrammarEnd, Parameters = parameters }, Ends));
        Assert.NotNull(Stage1.Replay(Cut(full, 0) with { Finish = FinishReason.GrammarEnd, Parameters = parameters }, Ends));
    }
}
