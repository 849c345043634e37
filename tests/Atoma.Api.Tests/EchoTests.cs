using System.Globalization;
using System.Text;
using System.Text.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Tests;

/// <summary>A completion's prompt before it, with the probabilities of its tokens.</summary>
public sealed class EchoTests : IAsyncLifetime
{
    private const string Prompt = "a😀b";
    private const string Path = "/v1/completions";

    /// <summary>A token before the text, the four bytes of one character in three tokens, and a letter.</summary>
    private static readonly TokenLogprobs[] Scored =
    [
        Token(1, "", TokenLogprob.Unscored), Token(2, "a", 2048), Bytes(3, [0xF0, 0x9F], 1024), Bytes(4, [0x98], 0), Bytes(5, [0x80], 512), Token(6, "b", 4096),
    ];

    private static readonly TokenLogprobs Answered = Token(9, "é", 2048);

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.Prompt = new PromptText(Prompt, Scored.Length, 0);
        Answer(Scored);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Echo_Alone_PutsThePromptBeforeTheCompletion()
    {
        var choice = await ChoiceAsync("\"echo\":true");
        Assert.Equal(Prompt + "é", choice.GetProperty("text").GetString());
        Assert.False(choice.TryGetProperty("logprobs", out _));
        Assert.False(Asked().ScorePrompt);
    }

    [Fact]
    public async Task Echo_False_ShowsTheCompletionAlone()
    {
        var choice = await ChoiceAsync("\"echo\":false,\"logprobs\":1");
        Assert.Equal("é", choice.GetProperty("text").GetString());
        Assert.Single(choice.GetProperty("logprobs").GetProperty("tokens").EnumerateArray());
        Assert.False(Asked().ScorePrompt);
    }

    /// <summary>As OpenAI's: the first token has none, and tokens of one character stand where it does.</summary>
    [Fact]
    public async Task Echo_WithLogprobs_ScoresThePrompt()
    {
        var choice = await ChoiceAsync("\"echo\":true,\"logprobs\":1");
        Assert.Equal(Prompt + "é", choice.GetProperty("text").GetString());
        Assert.Equal(
            """{"tokens":["token_id:1","a","\uFFFD","\uFFFD","\uFFFD","b","é"],"token_logprobs":[null,-1,-0.5,0,-0.25,-2,-1],"top_logprobs":[null,{"x":-0.5,"a":-1},{"x":-0.5,"\uFFFD":-0.5},{"x":-0.5,"\uFFFD":0},{"x":-0.5,"\uFFFD":-0.25},{"x":-0.5,"b":-2},{"x":-0.5,"é":-1}],"text_offset":[0,0,1,1,1,2,3]}""".Replace("\\uFFFD", "\uFFFD", StringComparison.Ordinal),
            choice.GetProperty("logprobs").GetRawText());
        Assert.Equal((true, 1, 16), (Asked().ScorePrompt, Asked().TopLogprobs, Asked().MaxTokens));
    }

    [Fact]
    public async Task Echo_TokenizerPutsABlankBeforeTheText_OffsetsAreThoseOfTheText()
    {
        _host.Network.Prompt = new PromptText(Prompt, 4, Blanks: 1);
        Answer([Token(1, "", TokenLogprob.Unscored), Token(2, " a", 0), Bytes(3, [0xF0, 0x9F, 0x98, 0x80], 0), Token(6, "b", 0)]);
        var choice = await ChoiceAsync("\"echo\":true,\"logprobs\":0");
        Assert.Equal("[0,0,1,2,3]", choice.GetProperty("logprobs").GetProperty("text_offset").GetRawText());
    }

    [Fact]
    public async Task MaxTokensZero_ScoresThePromptAlone()
    {
        Answer(Scored, completion: false);
        using var response = await _host.PostAsync(Path, Body("\"echo\":true,\"logprobs\":2,\"max_tokens\":0"));
        var body = JsonDocument.Parse(await response.OkAsync()).RootElement;
        var choice = body.GetProperty("choices")[0];
        Assert.Equal((Prompt, "length"), (choice.GetProperty("text").GetString(), choice.GetProperty("finish_reason").GetString()));
        Assert.Equal(6, choice.GetProperty("logprobs").GetProperty("tokens").GetArrayLength());
        Assert.Equal(0, body.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal((0, 0), (Asked().MaxTokens, _host.Network.Submitted.Last().MaxTokens));
    }

    [Theory]
    [InlineData("\"max_tokens\":0")]
    [InlineData("\"max_tokens\":0,\"echo\":true")]
    [InlineData("\"max_tokens\":0,\"logprobs\":1")]
    [InlineData("\"max_tokens\":-1,\"echo\":true,\"logprobs\":1")]
    public async Task MaxTokensZero_NothingToScore_IsRefusedByName(string fields)
    {
        using var response = await _host.PostAsync(Path, Body(fields));
        var error = await response.ErrorAsync(400, "invalid_value", "max_tokens");
        Assert.Contains("'echo' and 'logprobs'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streamed_PromptComesFirstWithItsProbabilities()
    {
        var pieces = await PiecesAsync("\"echo\":true,\"logprobs\":1,\"stream\":true");
        Assert.Equal([Prompt + "é", ""], pieces.Select(p => p.GetProperty("text").GetString()));
        Assert.Equal(7, pieces[0].GetProperty("logprobs").GetProperty("tokens").GetArrayLength());
        Assert.Equal("[0,0,1,1,1,2,3]", pieces[0].GetProperty("logprobs").GetProperty("text_offset").GetRawText());
    }

    [Fact]
    public async Task Streamed_EchoAlone_PromptComesFirst() =>
        Assert.Equal([Prompt + "é", ""], (await PiecesAsync("\"echo\":true,\"stream\":true")).Select(p => p.GetProperty("text").GetString()));

    /// <summary>Positions count the prompt too: who has seen a part of it gets the rest, with its places.</summary>
    [Fact]
    public async Task Streamed_ResumedInThePrompt_GoesOnThere()
    {
        using var response = await _host.PostAsync(Path, Body("\"echo\":true,\"logprobs\":1,\"stream\":true"), ("Idempotency-Key", "k"), ("Last-Event-ID", "1.2"));
        var piece = (await response.OkAsync()).Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l[6..]).RootElement.GetProperty("choices")[0]).First();
        Assert.Equal("😀bé", piece.GetProperty("text").GetString());
        Assert.Equal("[1,1,1,2,3]", piece.GetProperty("logprobs").GetProperty("text_offset").GetRawText());
    }

    [Fact]
    public async Task Streamed_ScoresAlone_AreOnePiece()
    {
        Answer(Scored, completion: false);
        var pieces = await PiecesAsync("\"echo\":true,\"logprobs\":1,\"stream\":true,\"max_tokens\":0");
        Assert.Equal([Prompt, ""], pieces.Select(p => p.GetProperty("text").GetString()));
        Assert.Equal("length", pieces[1].GetProperty("finish_reason").GetString());
    }

    /// <summary>What was shown of the prompt is not what was verified: the client is told.</summary>
    [Fact]
    public async Task Streamed_ShownScoresAreNotTheVerifiedOnes_IsAnError()
    {
        _host.Network.Script = [_host.Network.Script[0], _host.Network.Script[1] with { End = _host.Network.Script[1].End! with { PromptLogprobs = [.. Scored.SkipLast(1), Token(6, "b", 4097)] } }];
        using var response = await _host.PostAsync(Path, Body("\"echo\":true,\"logprobs\":1,\"stream\":true"));
        Assert.Contains("\"error\"", await response.OkAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Echo_OfAChat_IsRefusedByName()
    {
        using var response = await _host.ChatAsync("\"echo\":true");
        await response.ErrorAsync(400, "unsupported_parameter", "echo");
    }

    private SamplingParameters Asked()
    {
        var reader = new CanonicalReader(_host.Network.Submitted.Last().Parameters);
        return SamplingParameters.Read(ref reader);
    }

    private async Task<JsonElement> ChoiceAsync(string fields)
    {
        using var response = await _host.PostAsync(Path, Body(fields));
        return JsonDocument.Parse(await response.OkAsync()).RootElement.GetProperty("choices")[0];
    }

    private async Task<JsonElement[]> PiecesAsync(string fields)
    {
        using var response = await _host.PostAsync(Path, Body(fields));
        return [.. (await response.OkAsync()).Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal))
            .Select(l => JsonDocument.Parse(l[6..]).RootElement.GetProperty("choices")[0])];
    }

    private static string Body(string fields) => $$"""{"model":"atoma-demo","prompt":"{{Prompt}}",{{fields}}}""";

    private static TokenLogprobs Token(int id, string text, int quanta) => Bytes(id, Encoding.UTF8.GetBytes(text), quanta);

    private static TokenLogprobs Bytes(int id, byte[] bytes, int quanta) =>
        new(new TokenLogprob(id, bytes, quanta), quanta == TokenLogprob.Unscored ? [] : [new TokenLogprob(100, "x"u8.ToArray(), 1024)]);

    private void Answer(TokenLogprobs[] prompt, bool completion = true)
    {
        TokenLogprobs[] answer = completion ? [Answered] : [];
        var text = completion ? "é" : "";
        _host.Network.Script =
        [
            new AnswerEvent { Index = 0, Text = text, Logprobs = answer, PromptLogprobs = prompt },
            new AnswerEvent { Index = 1, Text = "", End = Scripts.Settled(text) with { Logprobs = answer, PromptLogprobs = prompt, OutputTokens = answer.Length, FinishReason = completion ? "stop" : "length" } },
        ];
    }
}
