using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>Every way of answering with something else than the model's own answer is found (P7.5, P12).</summary>
public class TamperingTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const int Tokens = 80;
    private const int Fault = 40;

    private LlamaEngine Engine => fixture.Engine;

    [ModelTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task CheckAsync_TokenSwapped_IsFoundThere(double temperature)
    {
        var honest = await HonestAsync(temperature);
        var outcome = await CheckAsync(Edit(honest, Fault, e => [e[1], e[0], .. e.Skip(2)]), temperature);
        Assert.Equal((Verdict.Mismatch, Fault), (outcome.Verdict, outcome.Position));
    }

    [ModelFact]
    public async Task CheckAsync_PrefillAttack_IsFoundWhereTheCheapTokenIs()
    {
        // Another token at one place, everything after it honestly generated from there.
        var honest = await HonestAsync(1);
        var task = Answers.Task(Engine, 0, 1, Tokens);
        var other = Edit(honest, Fault, e => [e[1], e[0], .. e.Skip(2)]).Positions.Take(Fault + 1).ToArray();
        var rest = task with
        {
            Prompt = [.. task.Prompt, .. other.Select(p => p.Token)],
            Parameters = task.Parameters with { MaxTokens = Tokens - other.Length },
        };
        var tail = await Answers.GenerateAsync(Engine, rest);
        var outcome = await CheckAsync(honest.With([.. other, .. tail.Positions]), 1);
        Assert.Equal((Verdict.Mismatch, Fault), (outcome.Verdict, outcome.Position));
    }

    [ModelTheory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(79)]
    public async Task CheckAsync_EvidenceEdited_IsFoundThere(int position)
    {
        var honest = await HonestAsync(1);
        var outcome = await CheckAsync(Edit(honest, position, e => [.. e.SkipLast(1), e[^1] with { Quanta = (ushort)(e[^1].Quanta + 1) }]), 1);
        Assert.Equal((Verdict.Mismatch, position), (outcome.Verdict, outcome.Position));
    }

    [ModelFact]
    public async Task CheckAsync_EvidenceLeftOut_IsFound()
    {
        var honest = await HonestAsync(1);
        var outcome = await CheckAsync(Edit(honest, Fault, e => [.. e.SkipLast(1)]), 1);
        Assert.Equal(Verdict.Mismatch, outcome.Verdict);
    }

    [ModelTheory]
    [InlineData(FinishReason.Length)]
    [InlineData(FinishReason.EndOfSequence)]
    [InlineData(FinishReason.StopText)]
    public async Task CheckAsync_Truncated_IsFound(FinishReason claim)
    {
        var honest = await HonestAsync(1);
        var cut = honest.With(honest.Positions.SkipLast(20)) with { Finish = claim };
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(cut, 1)).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_CutByCancel_MatchesAsFarAsItGoes()
    {
        var honest = await HonestAsync(1);
        var cut = honest.With(honest.Positions.SkipLast(20)) with { Finish = FinishReason.Cancelled };
        Assert.Equal(CheckOutcome.Match, await CheckAsync(cut, 1));
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(honest with { Finish = FinishReason.Cancelled }, 1)).Verdict);
        Assert.Equal(CheckOutcome.Match, await CheckAsync(honest.With([]) with { Finish = FinishReason.Cancelled }, 1));
    }

    [ModelFact]
    public async Task CheckAsync_EmptyAnswer_IsFound() =>
        Assert.Equal(Verdict.Mismatch, (await CheckAsync((await HonestAsync(1)).With([]), 1)).Verdict);

    [ModelFact]
    public async Task CheckAsync_PaddedBeyondMaxTokens_IsFound()
    {
        var honest = await HonestAsync(1);
        var outcome = await CheckAsync(honest.With([.. honest.Positions, honest.Positions.Last()]), 1);
        Assert.Equal((Verdict.Mismatch, Tokens), (outcome.Verdict, outcome.Position));
    }

    [ModelFact]
    public async Task CheckAsync_EndTokenSkipped_IsFound()
    {
        var task = Answers.Task(Engine, 0, 1, Tokens);
        task = task with { Parameters = task.Parameters with { LogitBias = [new LogitBias(Engine.Model.EndOfGeneration[0], 100)] } };
        var skipping = task with { Parameters = task.Parameters with { IgnoreEndOfSequence = true } };
        var answer = await Answers.GenerateAsync(Engine, skipping);
        var outcome = await Answers.CheckAsync(Engine, task, answer with { Parameters = task.Parameters });
        Assert.Equal((Verdict.Mismatch, 1), (outcome.Verdict, outcome.Position));
    }

    [ModelFact]
    public async Task CheckAsync_OtherSeed_IsFound()
    {
        var task = Answers.Task(Engine, 0, 1, Tokens);
        var other = await Answers.GenerateAsync(Engine, task with { Parameters = task.Parameters with { Seed = 1 } });
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(other, 1)).Verdict);
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(other with { Parameters = task.Parameters }, 1)).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_OtherTemperature_IsFound()
    {
        var task = Answers.Task(Engine, 0, 1, Tokens);
        var other = await Answers.GenerateAsync(Engine, task with { Parameters = task.Parameters with { Temperature = 0.7 } });
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(other with { Parameters = task.Parameters }, 1)).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_OtherPrompt_IsFound()
    {
        var task = Answers.Task(Engine, 0, 1, Tokens);
        var other = await Answers.GenerateAsync(Engine, task with { Prompt = Answers.Task(Engine, 1).Prompt });
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(other, 1)).Verdict);
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(other with { Prompt = task.Prompt }, 1)).Verdict);
    }

    [ModelTheory]
    [InlineData("stories260K-q4_0.gguf", 0)]
    [InlineData("stories260K-q4_0.gguf", 1)]
    [InlineData("stories260K-q8_0.gguf", 0)]
    [InlineData("stories260K-q8_0.gguf", 1)]
    [InlineData("stories260K-f32.gguf", 1)]
    public async Task CheckAsync_OtherWeights_AreFound(string model, double temperature)
    {
        await using var cheap = await TestModels.LoadAsync(model, slots: 1);
        var answer = await Answers.GenerateAsync(cheap, Answers.Task(Engine, 0, temperature, Tokens));
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(answer, temperature)).Verdict);
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(answer with { Model = Engine.Model.Digest }, temperature)).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_TokenOutsideTheVocabulary_IsFoundThere()
    {
        var honest = await HonestAsync(1);
        var outcome = await CheckAsync(Edit(honest, Fault, e => [new EvidenceEntry(100_000, 0), .. e.Skip(1)]), 1);
        Assert.Equal((Verdict.Mismatch, Fault), (outcome.Verdict, outcome.Position));
    }

    private Task<Transcript> HonestAsync(double temperature) => fixture.AloneAsync(0, temperature, Tokens);

    private Task<CheckOutcome> CheckAsync(Transcript claimed, double temperature) =>
        Answers.CheckAsync(Engine, Answers.Task(Engine, 0, temperature, Tokens), claimed);

    private static Transcript Edit(Transcript transcript, int position, Func<IReadOnlyList<EvidenceEntry>, EvidenceEntry[]> edit) =>
        transcript.With(transcript.Positions.Select((p, i) => i == position ? new PositionEvidence(edit(p.Entries)) : p));
}
