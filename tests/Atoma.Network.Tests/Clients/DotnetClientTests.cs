using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;
using OpenAI.Moderations;

namespace Atoma.Network.Tests.Clients;

/// <summary>The official OpenAI library for .NET, as it comes from NuGet: only its endpoint and key are set.</summary>
[Collection(ClientCollection.Name)]
public sealed class DotnetClientTests(ClientNetwork clients)
{
    private static readonly ChatMessage[] Ask = [new UserChatMessage("What is Atoma?")];

    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool("get_weather", "The weather of a city.", BinaryData.FromString(
        """{"type":"object","properties":{"city":{"type":"string","maxLength":12}},"required":["city"],"additionalProperties":false}"""));

    private OpenAIClient Client(string key = LiveNetwork.Key) => new(
        new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = clients.Address, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) });

    private ChatClient Chat => Client().GetChatClient(LiveNetwork.Model);

    [Fact]
    public async Task Models_ListAndGet()
    {
        var models = Client().GetOpenAIModelClient();
        Assert.Contains((await models.GetModelsAsync()).Value, m => m.Id == LiveNetwork.Model);
        OpenAIModel one = await models.GetModelAsync(LiveNetwork.Model);
        Assert.Equal(("atoma", true), (one.OwnedBy, one.CreatedAt > new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public async Task Chat_WholeAndStreamed_AreTheSame()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 24, Temperature = 0, EndUserId = "someone" };
        ChatCompletion whole = await Chat.CompleteChatAsync(Ask, options);
        var (text, usage, finish) = ("", (ChatTokenUsage?)null, (ChatFinishReason?)null);
        await foreach (var update in Chat.CompleteChatStreamingAsync(Ask, options))
        {
            text += string.Concat(update.ContentUpdate.Select(p => p.Text));
            usage ??= update.Usage;
            finish ??= update.FinishReason;
        }

        Assert.NotEmpty(text);
        Assert.Equal((whole.Content[0].Text, whole.FinishReason, whole.Usage.TotalTokenCount), (text, finish, usage?.TotalTokenCount));
        Assert.Equal(ChatMessageRole.Assistant, whole.Role);
    }

    /// <summary>The library has no place for n, so the body is written by hand; its pipeline is the same.</summary>
    [Fact]
    public async Task Chat_N_GivesAsManyChoices()
    {
        var result = await Chat.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString(
            $$"""{"model":"{{LiveNetwork.Model}}","messages":[{"role":"user","content":"What is Atoma?"}],"n":2,"max_tokens":8,"temperature":1.5,"seed":3}""")));
        using var body = JsonDocument.Parse(result.GetRawResponse().Content);
        Assert.Equal([0, 1], body.RootElement.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task Chat_StopSeedAndLogprobs()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 12, Temperature = 1.2f, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };
#pragma warning disable OPENAI001 // seed is marked as experimental in the library
        options.Seed = 4711;
#pragma warning restore OPENAI001
        ChatCompletion first = await Chat.CompleteChatAsync(Ask, options);
        ChatCompletion second = await Chat.CompleteChatAsync(Ask, options);
        Assert.Equal(first.Content[0].Text, second.Content[0].Text);
        Assert.Equal(first.Content[0].Text, string.Concat(first.ContentTokenLogProbabilities.Select(t => t.Token)));
        Assert.All(first.ContentTokenLogProbabilities, t => Assert.InRange(t.TopLogProbabilities.Count, 1, 2));

        options.StopSequences.Add(first.Content[0].Text[3..6]);
        ChatCompletion cut = await Chat.CompleteChatAsync(Ask, options);
        Assert.Equal(ChatFinishReason.Stop, cut.FinishReason);
        Assert.StartsWith(cut.Content.Count == 0 ? "" : cut.Content[0].Text, first.Content[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_JsonSchema_IsHeldTo()
    {
        var schema = BinaryData.FromString("""{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}""");
        ChatCompletion answer = await Chat.CompleteChatAsync(Ask, new ChatCompletionOptions
        {
            MaxOutputTokenCount = 40, Temperature = 0, ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("reply", schema, jsonSchemaIsStrict: true),
        });
        using var value = JsonDocument.Parse(answer.Content[0].Text);
        Assert.True(value.RootElement.GetProperty("ok").ValueKind is JsonValueKind.True or JsonValueKind.False);

        ChatCompletion any = await Chat.CompleteChatAsync(Ask, new ChatCompletionOptions { MaxOutputTokenCount = 40, Temperature = 0, ResponseFormat = ChatResponseFormat.CreateJsonObjectFormat() });
        Assert.StartsWith("{", any.Content[0].Text.TrimStart(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_Tools_ForcedThenRoundTrip()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 64, Temperature = 0, Tools = { Weather }, ToolChoice = ChatToolChoice.CreateFunctionChoice("get_weather") };
        ChatCompletion called = await Chat.CompleteChatAsync(Ask, options);
        var call = Assert.Single(called.ToolCalls);
        Assert.Equal((ChatFinishReason.ToolCalls, "get_weather"), (called.FinishReason, call.FunctionName));
        using var arguments = JsonDocument.Parse(call.FunctionArguments);
        Assert.Equal(JsonValueKind.String, arguments.RootElement.GetProperty("city").ValueKind);

        ChatCompletion after = await Chat.CompleteChatAsync(
            [.. Ask, new AssistantChatMessage(called), new ToolChatMessage(call.Id, "Sunny.")],
            new ChatCompletionOptions { MaxOutputTokenCount = 16, Temperature = 0, Tools = { Weather }, ToolChoice = ChatToolChoice.CreateAutoChoice(), AllowParallelToolCalls = false });
        Assert.Equal(ChatMessageRole.Assistant, after.Role);

        options.ToolChoice = ChatToolChoice.CreateRequiredChoice();
        var streamed = "";
        await foreach (var update in Chat.CompleteChatStreamingAsync(Ask, options))
            streamed += string.Concat(update.ToolCallUpdates.Select(u => u.FunctionName));
        Assert.Equal("get_weather", streamed);
    }

    [Fact]
    public async Task Embeddings_AsTheLibraryAsksForThem()
    {
        EmbeddingClient embeddings = Client().GetEmbeddingClient(LiveNetwork.Model);
        OpenAIEmbeddingCollection both = await embeddings.GenerateEmbeddingsAsync(["What is Atoma?", "The moon."]);
        Assert.Equal(2, both.Count);
        var length = 0.0;
        foreach (var value in both[0].ToFloats().Span)
            length += value * value;
        Assert.Equal(1, length, 1e-3);
        Assert.Equal(both.Usage.InputTokenCount, both.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task Refusals_AreTheLibrarysOwnException()
    {
        await RefusedAsync(404, "not_offered", () => new ModerationClient("x", new ApiKeyCredential(LiveNetwork.Key), Options()).ClassifyTextAsync("x"));
        await RefusedAsync(401, "invalid_api_key", () => Client("sk-no-such-key").GetChatClient(LiveNetwork.Model).CompleteChatAsync(Ask));
        await RefusedAsync(404, "model_not_found", () => Client().GetChatClient("gpt-4o").CompleteChatAsync(Ask));
        await RefusedAsync(400, "invalid_value", () => Chat.CompleteChatAsync(Ask, new ChatCompletionOptions { Temperature = 3 }));
        await RefusedAsync(400, "context_length_exceeded", () => Chat.CompleteChatAsync([new UserChatMessage(string.Concat(Enumerable.Repeat("atoma ", 20_000)))]));
        await RefusedAsync(402, "insufficient_balance", () => Chat.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString(
            $$"""{"model":"{{LiveNetwork.Model}}","messages":[{"role":"user","content":"x"}],"n":8,"max_tokens":16384,"integrity":"checked:3"}"""))));
    }

    [Fact]
    public async Task Stream_Abandoned_EndsInTheNetwork()
    {
        var id = "";
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 900, Temperature = 1.5f };
        using var leaving = new CancellationTokenSource();
        await foreach (var update in Chat.CompleteChatStreamingAsync(Ask, options, leaving.Token))
        {
            id = update.CompletionId["chatcmpl-".Length..];
            if (update.ContentUpdate.Count > 0)
                break;
        }

        await leaving.CancelAsync();
        await Eventually.TrueAsync(async () => (await clients.Network.GetAsync($"/v1/requests/{id}"))["status"]!.GetValue<string>() is "settled" or "refunded");
    }

    private OpenAIClientOptions Options() => new() { Endpoint = clients.Address, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };

    private static async Task RefusedAsync(int status, string code, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<ClientResultException>(call);
        Assert.Equal(status, refused.Status);
        using var body = JsonDocument.Parse(refused.GetRawResponse()!.Content);
        Assert.Equal(code, body.RootElement.GetProperty("error").GetProperty("code").GetString());
    }
}
