using System.Text.Json;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Tests;

/// <summary>Tools from body to network and from answer to client.</summary>
public sealed class ToolTests : IAsyncLifetime
{
    private const string Tool = """{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}""";
    private const string Call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>";
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.OnSubmit = static (_, request) => new SubmitReply(SubmitStatus.Accepted, "", request.Id, "none", 5, 1000, (int)ToolCallFormat.Tagged);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Chat_AnswerThatCalls_IsShapedLikeOpenAis()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("I look.\n" + Call));
        using var response = await _host.ChatAsync($"\"tools\":[{Tool}]");
        var choice = (await response.JsonAsync()).GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        var message = choice.GetProperty("message");
        Assert.Equal("I look.", message.GetProperty("content").GetString());
        var call = message.GetProperty("tool_calls")[0];
        Assert.Equal(9, call.GetProperty("id").GetString()!.Length);
        Assert.Equal(("function", "f", "{\"a\": 1}"), (call.GetProperty("type").GetString(), call.GetProperty("function").GetProperty("name").GetString(), call.GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Equal([Tool], _host.Network.Submitted.Single().Tools);
    }

    [Fact]
    public async Task Chat_OnlyACall_HasNoContent()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled(Call));
        using var response = await _host.ChatAsync($"\"tools\":[{Tool}],\"tool_choice\":\"auto\"");
        Assert.Equal(JsonValueKind.Null, (await response.JsonAsync()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").ValueKind);
    }

    [Fact]
    public async Task Chat_StreamedCall_TextThenCallsThenReason()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hm. " + Call), "Hm", ". <tool", Call[5..20], Call[20..]);
        using var response = await _host.ChatAsync($"\"stream\":true,\"tools\":[{Tool}]");
        var events = (await response.OkAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[..^1].Select(e => JsonDocument.Parse(e[(e.IndexOf("data: ", StringComparison.Ordinal) + 6)..]).RootElement.GetProperty("choices")[0]).ToArray();
        Assert.Equal("Hm.", string.Concat(events.Select(e => e.GetProperty("delta")).Where(d => d.TryGetProperty("content", out _)).Select(d => d.GetProperty("content").GetString())));
        var call = Assert.Single(events, e => e.GetProperty("delta").TryGetProperty("tool_calls", out _)).GetProperty("delta").GetProperty("tool_calls")[0];
        Assert.Equal(0, call.GetProperty("index").GetInt32());
        Assert.Equal("{\"a\": 1}", call.GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("tool_calls", events[^1].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Chat_CallCutOffByMaxTokens_StaysTextWithItsReason()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled(Call[..30], "length"), Call[..30]);
        foreach (var stream in new[] { "false", "true" })
        {
            using var response = await _host.ChatAsync($"\"stream\":{stream},\"tools\":[{Tool}]");
            var text = await response.OkAsync();
            Assert.Contains("<tool_call>", text, StringComparison.Ordinal);
            Assert.Contains("\"finish_reason\":\"length\"", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Chat_ToolChoiceNone_OffersNothingAndReadsNothing()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled(Call));
        using var response = await _host.ChatAsync($"\"tools\":[{Tool}],\"tool_choice\":\"none\"");
        Assert.Equal(Call, (await response.JsonAsync()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Empty(_host.Network.Submitted.Single().Tools);
    }

    [Fact]
    public async Task Chat_CallsAndResults_GoToTheNetwork()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("done"));
        using var response = await _host.PostAsync("/v1/chat/completions", $$$"""
            {"model":"atoma-demo","tools":[{{{Tool}}}],"parallel_tool_calls":false,"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"abc","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
            {"role":"tool","tool_call_id":"abc","content":[{"type":"text","text":"r"}]}]}
            """);
        await response.OkAsync();
        var messages = _host.Network.Submitted.Single().Messages;
        Assert.Equal(new CalledTool("abc", "f", "{\"a\":1}"), Assert.Single(messages[1].ToolCalls));
        Assert.Equal(("tool", "r", "abc"), (messages[2].Role, messages[2].Content, messages[2].ToolCallId));
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"retrieval\"}]", "unsupported_parameter", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "missing_required_parameter", "tools[0].function")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]", "invalid_value", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}},{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]", "invalid_value", "tools[1].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"parameters\":[]}}]", "invalid_type", "tools[0].function.parameters")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"strict\":true}}]", "unsupported_parameter", "tools[0].function.strict")]
    [InlineData("\"tool_choice\":\"auto\"", "invalid_value", "tool_choice")]
    [InlineData("\"tool_choice\":\"maybe\"", "invalid_value", "tool_choice")]
    [InlineData("\"tool_choice\":\"required\"", "invalid_value", "tool_choice")]
    [InlineData("\"tool_choice\":{\"type\":\"function\"},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]", "invalid_value", "tool_choice")]
    [InlineData("\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"b\"}},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]", "invalid_value", "tool_choice")]
    [InlineData("\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"parameters\":{\"type\":\"object\",\"not\":{}}}}]", "unsupported_schema", "tools")]
    public async Task Chat_WrongTools_NamesTheField(string fields, string code, string param)
    {
        using var response = await _host.ChatAsync(fields);
        await response.ErrorAsync(400, code, param);
        Assert.Empty(_host.Network.Submitted);
    }

    [Theory]
    [InlineData("""{"role":"user","content":"x","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}""", "messages[0].tool_calls")]
    [InlineData("""{"role":"user","content":"x","tool_call_id":"a"}""", "messages[0].tool_call_id")]
    [InlineData("""{"role":"tool","content":"x","tool_call_id":"a"}""", "messages[0].tool_call_id")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"[]"}}]}""", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"","arguments":"{}"}}]}""", "messages[0].tool_calls[0].function.name")]
    public async Task Chat_WrongCallOrResult_NamesTheField(string message, string param)
    {
        using var response = await _host.PostAsync("/v1/chat/completions", $$"""{"model":"atoma-demo","messages":[{{message}}]}""");
        await response.ErrorAsync(400, "invalid_value", param);
    }

    [Theory]
    [InlineData("""{"role":"tool","content":"x"}""", "messages[0].tool_call_id")]
    [InlineData("""{"role":"assistant","content":null}""", "messages[0].content")]
    [InlineData("""{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}""", "messages[0].tool_calls[0].id")]
    public async Task Chat_IncompleteCallOrResult_NamesTheField(string message, string param)
    {
        using var response = await _host.PostAsync("/v1/chat/completions", $$"""{"model":"atoma-demo","messages":[{{message}}]}""");
        Assert.Equal(param, (await response.JsonAsync()).GetProperty("error").GetProperty("param").GetString());
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("\"required\"")]
    [InlineData("{\"type\":\"function\",\"function\":{\"name\":\"f\"}}")]
    public async Task Chat_CallDemanded_BindsTheAnswerToItsGrammar(string choice)
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled(Call));
        using var response = await _host.ChatAsync($"\"tools\":[{Tool}],\"tool_choice\":{choice}");
        Assert.Contains("\"tool_calls\"", await response.OkAsync(), StringComparison.Ordinal);
        var reader = new CanonicalReader(_host.Network.Submitted.Single().Parameters);
        Assert.Contains("<tool_call>", SamplingParameters.Read(ref reader).Grammar, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_Tools_AreSentElsewhere()
    {
        using var response = await _host.PostAsync("/v1/completions", Bodies.Text($"\"tools\":[{Tool}]"));
        await response.ErrorAsync(400, "unsupported_parameter", "tools");
    }
}
