using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

public class LlamaEngineTests
{
    public static TheoryData<string, double> ModelsAndTemperatures()
    {
        var data = new TheoryData<string, double>();
        foreach (var model in TestModels.Present)
        {
            data.Add(model, 0);
            data.Add(model, 1);
        }

        return data;
    }

    [ModelTheory]
    [MemberData(nameof(ModelsAndTemperatures))]
    public async Task CheckAsync_HonestAnswer_Matches(string model, double temperature)
    {
        await using var engine = await TestModels.LoadAsync(model);
        for (var i = 0; i < 3; i++)
        {
            var task = Answers.Task(engine, i, temperature, maxTokens: 70);
            var answer = await Answers.GenerateAsync(engine, task);
            Assert.Equal(CheckOutcome.Match, await Answers.CheckAsync(engine, task, answer));
            Assert.Null(Stage1.Replay(answer, engine.Model.EndOfGeneration.ToHashSet()));
        }
    }
}
