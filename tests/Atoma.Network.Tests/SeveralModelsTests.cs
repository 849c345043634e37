using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Inference.Engine;
using Atoma.Protocol.Receipts;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Network.Tests;

/// <summary>Nodes that serve two models: the demo model, and stories260K under a name of its own.</summary>
public sealed class SeveralModelsTests
{
    private const string Stories = "tiny/stories";

    private static readonly string[] Models = [LiveNetwork.Model, Stories];

    private static string[] ModelArguments => ["--model", ModelFiles.Demo(), "--model", $"{Stories}={SharedModels.Stories}"];

    [SharedModelFact]
    public async Task Network_TwoModels_ListsBothAndAnswersBothChecked()
    {
        await using var network = await LiveNetwork.StartAsync(["--nodes", "3", .. ModelArguments]);
        var listed = (await network.GetAsync("/v1/models"))["data"]!.AsArray();
        Assert.Equal(Models, listed.Select(m => m!["id"]!.GetValue<string>()));
        Assert.All(listed, m => Assert.Equal(3, m!["atoma"]!["nodes"]!.GetValue<int>()));

        var answers = await Task.WhenAll(Models.Select(m => AskAsync(network, m, "checked", 0)));

        Assert.StartsWith("Atoma is a network for verifiable AI inference.", answers[0]["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        for (var i = 0; i < Models.Length; i++)
        {
            var receipt = await network.ReceiptAsync(LiveNetwork.RequestId(answers[i]));
            Assert.Empty(ReceiptFile.Verify(receipt, new EthereumSignatures(), out _));
            Assert.Equal(Models[i], (await network.RequestAsync(answers[i]))["model"]!.GetValue<string>());
        }

        Assert.DoesNotContain("Unloading model", network.Output, StringComparison.Ordinal);
        Assert.Equal(0, await network.DifferenceAsync());
    }

    [SharedModelFact]
    public async Task Network_BudgetForOneModelAtATime_AnswersBothInTurn()
    {
        string[] arguments = [.. ModelArguments, "--memory-mb", $"{BudgetForOne()}"];
        await using var network = await LiveNetwork.StartAsync(["--nodes", "2", .. arguments]);
        await using var node = await LiveNode.JoinAsync(network, "other", arguments);
        Assert.Equal(Models, (await network.GetAsync($"/v1/nodes/{node.Id}"))["models"]!.AsArray().Select(m => m!.GetValue<string>()));
        var before = Unloads(network);

        // All three nodes answer each, the one behind the gateway too, and each has to change its model every time.
        for (var i = 0; i < 4; i++)
            await AskAsync(network, Models[i % 2], "replicated:3", i);
        Assert.True(Unloads(network) >= before + 6, $"models were unloaded {Unloads(network) - before} times");

        // Both are wanted all the time: neither keeps the other out.
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => AskAsync(network, Models[i % 2], "checked", i)));
        Assert.Equal(0, (await network.GetAsync("/v1/network"))["nodes"]!["jailed"]!.GetValue<int>());
        Assert.Equal(0, await network.DifferenceAsync());
    }

    [SharedModelFact]
    public async Task Network_ModelThatNeverFits_SaysSoAndDoesNotStart()
    {
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => LiveNetwork.StartAsync(["--nodes", "1", .. ModelArguments, "--memory-mb", "10"]));
        Assert.Contains("all models together may take 10 MB", failed.Message, StringComparison.Ordinal);
    }

    private static async Task<JsonObject> AskAsync(LiveNetwork network, string model, string integrity, int seed)
    {
        var answer = await network.AskAsync("What is Atoma?", integrity, maxTokens: 24, seed: seed, model: model);
        Assert.True(answer["atoma"]?["status"]?.GetValue<string>() == "settled", $"{model}, {integrity}: {answer.ToJsonString()}\n{network.Output}");
        return answer;
    }

    private static int Unloads(LiveNetwork network) => network.Output.Split("Unloading model").Length - 1;

    /// <summary>Megabytes that hold the larger of the two, and not both.</summary>
    private static long BudgetForOne()
    {
        long[] bytes = [.. new[] { ModelFiles.Demo(), SharedModels.Stories }.Select(p =>
            EngineSource.Of(new EngineOptions { ModelPath = p, Slots = 4, Threads = 1 }, NullLogger.Instance).Bytes)];
        var budget = (bytes.Max() / 1_000_000) + 1;
        Assert.True(bytes.Sum() > budget * 1_000_000, "both fit: the test shows nothing");
        return budget;
    }
}
