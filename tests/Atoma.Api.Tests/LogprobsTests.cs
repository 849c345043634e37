using System.Text.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

/// <summary>Probabilities in OpenAI's shapes.</summary>
public sealed class LogprobsTests : IAsyncLifetime
{
    private static readonly TokenLogprobs Hello = new(new TokenLogprob(5, "Hé"u8.ToArray(), 2048), [new TokenLogprob(5, "Hé"u8.ToArray(), 2048), new TokenLogprob(6, [], 4096), new TokenLogprob(7, [0xC3], 6144)]);
    private static readonly TokenLogprobs World = new(new TokenLogprob(9, " x"u8.ToArray(), 1024), [new TokenLogprob(8, " y"u8.ToArray(), 0)]);

    private const string HelloOne = """{"token":"Hé","logprob":-1,"bytes":[72,195,169],"top_logprobs":[{"token":"Hé","logprob":-1,"bytes":[72,195,169]}]}""";
    private const string WorldOne = """{"token":" x","logprob":-0.5,"bytes":[32,120],"top_logprobs":[{"token":" y","logprob":0,"bytes":[32,121]}]}""";

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        Answer(Hello, World);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Chat_Whole_HasThemInTheChoice()
    {
        using var response = await _host.ChatAsync("\"logprobs\":true,\"top_logprobs\":1");
        var choice = JsonDocument.Parse(await response.OkAsync()).RootElement.GetProperty("choices")[0];
        Assert.Equal("{\"content\":[" + HelloOne + "," + WorldOne + "]}", choice.GetProperty("logprobs").GetRawText());
    }

    [Fact]
    public async Task Chat_TopOfNoneAndOfThree_AreAsAsked()
    {
        using var none = await _host.ChatAsync("\"logprobs\":true");
        Assert.Contains("""{"token":"Hé","logprob":-1,"bytes":[72,195,169],"top_logprobs":[]}""", await none.OkAsync(), StringComparison.Ordinal);
        using var three = await _host.ChatAsync("\"logprobs\":true,\"top_logprobs\":3");
        Assert.Contains("{\"token\":\"token_id:6\",\"logprob\":-2,\"bytes\":null},{\"token\":\"\uFFFD\",\"logprob\":-3,\"bytes\":[195]}", await three.OkAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_NotAskedFor_HasNone()
    {
        using var response = await _host.ChatAsync("\"logprobs\":false");
        Assert.DoesNotContain("logprobs", await response.OkAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_Streamed_EachPieceHasItsOwn()
    {
        using var response = await _host.ChatAsync("\"stream\":true,\"logprobs\":true,\"top_logprobs\":1");
        var body = await response.OkAsync();
        Assert.Contains("""[{"index":0,"delta":{"content":"Hé"},"finish_reason":null,"logprobs":{"content":[""" + HelloOne + "]}}]", body, StringComparison.Ordinal);
        Assert.Contains("""[{"index":0,"delta":{"content":" x"},"finish_reason":null,"logprobs":{"content":[""" + WorldOne + "]}}]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_Whole_HasListsSideBySide()
    {
        using var response = await _host.PostAsync("/v1/completions", Bodies.Text("\"logprobs\":1"));
        var choice = JsonDocument.Parse(await response.OkAsync()).RootElement.GetProperty("choices")[0];
        Assert.Equal(
            """{"tokens":["Hé"," x"],"token_logprobs":[-1,-0.5],"top_logprobs":[{"Hé":-1},{" y":0," x":-0.5}],"text_offset":[0,2]}""",
            choice.GetProperty("logprobs").GetRawText());
    }

    [Fact]
    public async Task Text_Streamed_OffsetsGoOn()
    {
        using var response = await _host.PostAsync("/v1/completions", Bodies.Text("\"logprobs\":0,\"stream\":true"));
        Assert.Contains("""{"tokens":[" x"],"token_logprobs":[-0.5],"top_logprobs":[{" x":-0.5}],"text_offset":[2]}""", await response.OkAsync(), StringComparison.Ordinal);
    }

    /// <summary>What was shown is not what was verified: the client is told, as it is of other text.</summary>
    [Fact]
    public async Task Chat_ShownProbabilitiesAreNotTheVerifiedOnes_IsAnError()
    {
        Answer(Hello, World with { Chosen = World.Chosen with { Quanta = 1023 } });
        using var response = await _host.ChatAsync("\"stream\":true,\"logprobs\":true");
        Assert.Contains("\"error\"", await response.OkAsync(), StringComparison.Ordinal);
        Answer(Hello);
        using var fewer = await _host.ChatAsync("\"stream\":true,\"logprobs\":true");
        Assert.Contains("\"error\"", await fewer.OkAsync(), StringComparison.Ordinal);
    }

    /// <summary>Two events with a token each, and an end with these.</summary>
    private void Answer(params TokenLogprobs[] verified) => _host.Network.Script =
    [
        new AnswerEvent { Index = 0, Text = "Hé", Logprobs = [Hello] }, new AnswerEvent { Index = 1, Text = " x", Logprobs = [World] },
        new AnswerEvent { Index = 2, Text = "", End = Scripts.Settled("Hé x") with { Logprobs = verified } },
    ];
}
