using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

public class FinishReasonTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private static readonly SamplingParameters Greedy = new() { Temperature = 0, MaxTokens = 40 };

    private LlamaEngine Engine => fixture.Engine;

    [ModelTheory]
    [InlineData("park")]
    [InlineData("little girl")]
    [InlineData("she saw a big, red b")]
    [InlineData("y. She")]
    public async Task GenerateAsync_StopText_EndsWithTheTokenThatCompletesIt(string stop)
    {
        var (task, answer) = await GenerateAsync(Greedy with { Stop = ["never this", stop] });
        Assert.Equal(FinishReason.StopText, answer.Finish);
        Assert.Contains(stop, Answers.Text(Engine, answer), StringComparison.Ordinal);
        Assert.DoesNotContain(stop, Answers.Text(Engine, answer.With(answer.Positions.SkipLast(1))), StringComparison.Ordinal);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task GenerateAsync_EndToken_IsTheLastAndEndsTheAnswer()
    {
        var (task, answer) = await GenerateAsync(WithEndToken(Greedy));
        Assert.Equal(FinishReason.EndOfSequence, answer.Finish);
        Assert.Equal([Engine.Model.EndOfGeneration[0]], answer.Output);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task GenerateAsync_IgnoreEndOfSequence_GoesOnToTheLength()
    {
        var (task, answer) = await GenerateAsync(WithEndToken(Greedy) with { IgnoreEndOfSequence = true });
        Assert.Equal(FinishReason.Length, answer.Finish);
        Assert.Equal(40, answer.OutputCount);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task GenerateAsync_MaxTokensOfOne_IsOneToken()
    {
        var (task, answer) = await GenerateAsync(Greedy with { MaxTokens = 1 });
        Assert.Equal(FinishReason.Length, answer.Finish);
        Assert.Equal(1, answer.OutputCount);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task GenerateAsync_StopToken_EndsWithIt()
    {
        var (_, free) = await GenerateAsync(Greedy);
        var stop = free.Output.ElementAt(9);
        var (task, answer) = await GenerateAsync(Greedy with { StopTokens = [stop] });
        Assert.Equal(FinishReason.StopToken, answer.Finish);
        Assert.Equal(free.Output.TakeWhile(t => t != stop).Append(stop), answer.Output);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
        Assert.Null(Stage1.Replay(answer, Engine.Model.EndOfGeneration.ToHashSet()));
    }

    private SamplingParameters WithEndToken(SamplingParameters parameters) =>
        parameters with { LogitBias = [new LogitBias(Engine.Model.EndOfGeneration[0], 100)] };

    private async Task<(GenerationTask Task, Transcript Answer)> GenerateAsync(SamplingParameters parameters)
    {
        var task = Answers.Task(Engine, "Once upon a time", parameters);
        return (task, await Answers.GenerateAsync(Engine, task));
    }
}
