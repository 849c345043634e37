using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>Stage 2 across echelons, on one: what an honest answer of the same echelon shows is nothing at all.</summary>
public class ObservationTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const int Tokens = 80;

    private LlamaEngine Engine => fixture.Engine;

    [ModelTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ObserveAsync_SameEchelon_IsZeroEverywhere(double temperature)
    {
        var observed = await ObserveAsync(await fixture.AloneAsync(0, temperature, Tokens), temperature);
        Assert.Null(observed.Fault);
        Assert.Equal(Enumerable.Repeat(default(PositionObservation), Tokens), observed.Positions);
    }

    [ModelFact]
    public async Task ObserveAsync_LowerQuantisation_IsSeenInEveryPart()
    {
        await using var cheap = await TestModels.LoadAsync("stories260K-q4_0.gguf", slots: 1);
        var answer = await Answers.GenerateAsync(cheap, Answers.Task(Engine, 0, 1, Tokens));
        var observed = await ObserveAsync(answer with { Model = Engine.Model.Digest }, 1);
        Assert.Null(observed.Fault);
        Assert.Equal(Tokens, observed.Positions.Count);
        var score = StatisticalScore.Of(observed.Positions);
        Assert.True(score is { MeanDistance: > 0.02, MeanMargin: > 0.002, LargestMargin: > 0.1 }, score.ToString());
    }

    [ModelFact]
    public async Task ObserveAsync_TokenPutIn_IsTheLargestMargin()
    {
        var honest = await fixture.AloneAsync(0, 1, Tokens);
        var edited = honest.With(honest.Positions.Select((p, i) => i == Tokens - 1 ? new PositionEvidence([p.Entries[1], p.Entries[0]]) : p));
        var observed = await ObserveAsync(edited, 1);
        Assert.Null(observed.Fault);
        Assert.Equal(Tokens - 1, StatisticalScore.Of(observed.Positions).LargestAt);
        Assert.All(observed.Positions.SkipLast(1), p => Assert.Equal(default, p));
    }

    [ModelFact]
    public async Task ObserveAsync_WhatNoArithmeticExplains_IsAFault()
    {
        var honest = await fixture.AloneAsync(0, 1, Tokens);
        await FaultAsync(honest.With(honest.Positions.SkipLast(20)) with { Finish = FinishReason.Length });
        await FaultAsync(honest.With(honest.Positions.SkipLast(20)) with { Finish = FinishReason.EndOfSequence });
        await FaultAsync(honest.With([.. honest.Positions, honest.Positions.Last()]));
        await FaultAsync(honest with { Prompt = [1, 2, 3] });
        await FaultAsync(honest.With(honest.Positions.Select((p, i) => i == 30 ? new PositionEvidence([new EvidenceEntry(100_000, 0)]) : p)));
        await FaultAsync(honest.With(honest.Positions.Select((p, i) => i == 30 ? new PositionEvidence([new EvidenceEntry(Engine.Model.EndOfGeneration[0], 0)]) : p)));

        async Task FaultAsync(Transcript claimed) => Assert.Equal(Verdict.Mismatch, (await ObserveAsync(claimed, 1)).Fault?.Verdict);
    }

    [ModelFact]
    public async Task ObserveAsync_CutByCancel_HasNoFault()
    {
        var honest = await fixture.AloneAsync(0, 1, Tokens);
        var observed = await ObserveAsync(honest.With(honest.Positions.SkipLast(20)) with { Finish = FinishReason.Cancelled }, 1);
        Assert.Null(observed.Fault);
        Assert.Equal(Tokens - 20, observed.Positions.Count);
    }

    private Task<AnswerObservation> ObserveAsync(Transcript claimed, double temperature) =>
        Engine.ObserveAsync(Answers.Task(Engine, 0, temperature, Tokens), claimed, CancellationToken.None).WaitAsync(TestTimeouts.Answer);
}
