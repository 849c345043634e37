using System.Text.Json;
using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>Grammars, penalties and shown probabilities on a real model: what is generated is checked and replayed.</summary>
public class ConstrainedAnswerTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const string Record = """
        root ::= "{\"name\": \"" [a-zA-Z ]{1,12} "\", \"age\": " [1-9] [0-9]? ", \"tags\": [" tag (", " tag){0,2} "]}"
        tag ::= "\"" ("big" | "bad" | "b\u00e4r" | "漢") "\""
        """;

    private static readonly SamplingParameters Free = new() { MaxTokens = 120, Seed = 8 };

    private LlamaEngine Engine => fixture.Engine;

    [ModelTheory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(2.0)]
    public async Task GenerateAsync_Grammar_WritesOnlyItsTextsAndEnds(double temperature)
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            var (task, answer) = await GenerateAsync(Free with { Temperature = temperature, Grammar = Record, Seed = seed, TopP = 0.95 });
            Assert.Equal(FinishReason.GrammarEnd, answer.Finish);
            using var json = JsonDocument.Parse(Answers.Text(Engine, answer));
            Assert.Equal(["name", "age", "tags"], json.RootElement.EnumerateObject().Select(p => p.Name));
            Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
            Assert.Null(Stage1.Replay(answer, Engine.Model.EndOfGeneration.ToHashSet()));
        }
    }

    [ModelFact]
    public async Task GenerateAsync_GrammarThatMayEnd_EndsWithAnEndToken()
    {
        var end = new LogitBias(Engine.Model.EndOfGeneration[0], 100);
        var (task, answer) = await GenerateAsync(Free with { Grammar = "root ::= \" \"? [a-z]{3} [a-z]*", LogitBias = [end] });
        Assert.Equal(FinishReason.EndOfSequence, answer.Finish);
        Assert.InRange(Answers.Text(Engine, answer).Trim().Length, 3, 40);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    /// <summary>A node that ignores the grammar is found by the checker, who does not.</summary>
    [ModelFact]
    public async Task CheckAsync_AnswerWithoutItsGrammar_IsAMismatch()
    {
        var (task, free) = await GenerateAsync(Free with { MaxTokens = 30 });
        var asked = task with { Parameters = task.Parameters with { Grammar = Record } };
        Assert.Equal((Verdict.Mismatch, 0), await VerdictAsync(asked, free with { Parameters = asked.Parameters }));
        var (_, constrained) = await GenerateAsync(asked.Parameters);
        Assert.Equal(Verdict.Mismatch, (await VerdictAsync(task, constrained with { Parameters = task.Parameters })).Item1);
    }

    [ModelTheory]
    [InlineData("root ::= root \"a\" | \"b\"")]
    [InlineData("root ::= \"\"")]
    [InlineData("nonsense")]
    public async Task GenerateAsync_BadGrammar_IsRefused(string grammar)
    {
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => GenerateAsync(Free with { Grammar = grammar }));
        Assert.Equal(EngineRefusal.BadPrompt, refused.Reason);
        Assert.Contains("grammar", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A grammar that explodes while an answer is written ends that answer alone.</summary>
    [ModelFact]
    public async Task GenerateAsync_ExplodingGrammar_FailsAloneInTime()
    {
        const string Exploding = "root ::= a{200}\na ::= (b | c){0,200}\nb ::= [a-zA-Z .,]{0,3} d\nc ::= [a-zA-Z .,]{0,3} e\nd ::= ([a-z ] b)?\ne ::= ([a-z ] c \"y\"?)?";
        var other = GenerateAsync(Free);
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => GenerateAsync(Free with { Grammar = Exploding }));
        Assert.Contains("too ambiguous", refused.Message, StringComparison.Ordinal);
        var (task, answer) = await other;
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
    }

    [ModelFact]
    public async Task GenerateAsync_TopLogprobs_AreTheLikeliestOfEachPosition()
    {
        var (task, answer) = await GenerateAsync(Free with { TopLogprobs = 5, Temperature = 1.5 });
        var (_, plain) = await GenerateAsync(Free with { Temperature = 1.5 });
        Assert.Equal(plain.Output, answer.Output);
        Assert.All(answer.Positions, p => Assert.Equal(5, p.Likeliest.Count));
        Assert.Contains(answer.Positions, p => p.Likeliest[0].Token != p.Token);
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
        Assert.Null(Stage1.Replay(answer, Engine.Model.EndOfGeneration.ToHashSet()));

        var positions = answer.Positions.ToArray();
        positions[11] = positions[11] with { Likeliest = [.. positions[11].Likeliest.Take(4), new EvidenceEntry(3, 60_000)] };
        Assert.Equal((Verdict.Mismatch, 11), await VerdictAsync(task, answer.With(positions)));
    }

    [ModelFact]
    public async Task GenerateAsync_RepetitionPenalty_RepeatsLessAndChecks()
    {
        var greedy = Free with { Temperature = 0, MaxTokens = 120, IgnoreEndOfSequence = true };
        var (_, plain) = await GenerateAsync(greedy);
        var (task, answer) = await GenerateAsync(greedy with { RepetitionPenalty = 1.8, RepetitionWindow = 200 });
        Assert.True(answer.Output.Distinct().Count() > plain.Output.Distinct().Count());
        Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(Engine, task, answer));
        Assert.Null(Stage1.Replay(answer, Engine.Model.EndOfGeneration.ToHashSet()));
    }

    private async Task<(Verdict, int)> VerdictAsync(GenerationTask task, Transcript claimed)
    {
        var outcome = await Answers.CheckAsync(Engine, task, claimed);
        return (outcome.Verdict, outcome.Position);
    }

    private async Task<(GenerationTask Task, Transcript Answer)> GenerateAsync(SamplingParameters parameters)
    {
        var task = Answers.Task(Engine, "Once upon a time", parameters);
        return (task, await Answers.GenerateAsync(Engine, task));
    }
}
