using System.Net;
using System.Text;

namespace Atoma.Api.Tests;

/// <summary>Bodies that are refused before the network is asked: which field, and how it is said.</summary>
public sealed class BodyErrorTests(BodyErrorTests.Host host) : IClassFixture<BodyErrorTests.Host>
{
    private const string Chat = "/v1/chat/completions";

    public sealed class Host : IAsyncLifetime
    {
        internal ApiHost Api { get; private set; } = null!;

        public async Task InitializeAsync() => Api = await ApiHost.StartAsync();

        public async Task DisposeAsync() => await Api.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"model\":\"m\",}")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("7")]
    [InlineData("{\"model\":\"m\"} trailing")]
    [InlineData("{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}")]
    public async Task Body_NotAJsonObject_IsRefused(string body)
    {
        foreach (var path in new[] { Chat, "/v1/completions" })
        {
            using var response = await host.Api.PostAsync(path, body);
            await response.ErrorAsync(400, "invalid_json");
        }

        Assert.Empty(host.Api.Network.Submitted);
    }

    [Fact]
    public async Task Body_InvalidUtf8_IsRefused()
    {
        var bytes = Encoding.UTF8.GetBytes(Bodies.Chat());
        bytes[Array.IndexOf(bytes, (byte)'H')] = 0xff;
        using var response = await host.Api.Http.PostAsync(Chat, new ByteArrayContent(bytes));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    /// <summary>Found by the fuzzer: what is taken over as an element is not looked at by the serializer. It was 500.</summary>
    [Fact]
    public async Task Body_InvalidUtf8InsideASchema_IsRefused()
    {
        var bytes = Encoding.UTF8.GetBytes(Bodies.Chat("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"H\":{}}}}}]"));
        bytes[Array.LastIndexOf(bytes, (byte)'H')] = 0xff;
        using var response = await host.Api.Http.PostAsync(Chat, new ByteArrayContent(bytes));
        await response.ErrorAsync(400, "invalid_json");
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "missing_required_parameter", "model")]
    [InlineData("""{"model":"","messages":[{"role":"user","content":"x"}]}""", "missing_required_parameter", "model")]
    [InlineData("""{"model":5,"messages":[{"role":"user","content":"x"}]}""", "invalid_type", "model")]
    [InlineData("""{"model":"a","model":"b"}""", "duplicate_parameter", "model")]
    [InlineData("""{"model":"m"}""", "missing_required_parameter", "messages")]
    [InlineData("""{"model":"m","messages":null}""", "missing_required_parameter", "messages")]
    [InlineData("""{"model":"m","messages":[]}""", "invalid_value", "messages")]
    [InlineData("""{"model":"m","messages":"hello"}""", "invalid_type", "messages")]
    [InlineData("""{"model":"m","messages":{"role":"user"}}""", "invalid_type", "messages")]
    [InlineData("""{"model":"m","messages":[null]}""", "invalid_type", "messages[0]")]
    [InlineData("""{"model":"m","messages":["hello"]}""", "invalid_type", "messages[0]")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "missing_required_parameter", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"},{"role":3,"content":"x"}]}""", "invalid_type", "messages[1].role")]
    [InlineData("""{"model":"m","messages":[{"role":"king","content":"x"}]}""", "invalid_value", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "missing_required_parameter", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":null}]}""", "missing_required_parameter", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":5}]}""", "invalid_type", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud800"}]}""", "invalid_type", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user","content":"\ud83d"}]}""", "invalid_type", "messages[1].content")]
    [InlineData("""{"model":"m","response_format":{"type":"json_schema","json_schema":{"schema":{"properties":{"a":{"type":"\udc00"}}}}},"messages":[{"role":"user","content":"x"}]}""", "invalid_type", "response_format.json_schema.schema.properties.a.type")]
    [InlineData("""{"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":{"\ud800":1}}}],"messages":[{"role":"user","content":"x"}]}""", "invalid_type", "tools[0]")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[]}]}""", "invalid_value", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":["x"]}]}""", "invalid_type", "messages[0].content[0]")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "invalid_type", "messages[0].content[0].text")]
    public async Task Chat_WrongShape_NamesTheField(string body, string code, string param)
    {
        using var response = await host.Api.PostAsync(Chat, body);
        await response.ErrorAsync(400, code, param);
    }

    [Theory]
    [InlineData("\"max_tokens\":0", "invalid_value", "max_tokens")]
    [InlineData("\"max_tokens\":16385", "invalid_value", "max_tokens")]
    [InlineData("\"max_tokens\":\"5\"", "invalid_type", "max_tokens")]
    [InlineData("\"max_tokens\":1.5", "invalid_type", "max_tokens")]
    [InlineData("\"max_tokens\":99999999999999", "invalid_type", "max_tokens")]
    [InlineData("\"max_completion_tokens\":-1", "invalid_value", "max_completion_tokens")]
    [InlineData("\"max_completion_tokens\":20000", "invalid_value", "max_completion_tokens")]
    [InlineData("\"max_tokens\":5,\"max_completion_tokens\":6", "invalid_value", "max_completion_tokens")]
    [InlineData("\"temperature\":2.1", "invalid_value", "temperature")]
    [InlineData("\"temperature\":1e999", "invalid_value", "temperature")]
    [InlineData("\"temperature\":\"hot\"", "invalid_type", "temperature")]
    [InlineData("\"top_p\":0", "invalid_value", "top_p")]
    [InlineData("\"top_k\":257", "invalid_value", "top_k")]
    [InlineData("\"min_p\":1.01", "invalid_value", "min_p")]
    [InlineData("\"presence_penalty\":3", "invalid_value", "presence_penalty")]
    [InlineData("\"frequency_penalty\":-3", "invalid_value", "frequency_penalty")]
    [InlineData("\"logit_bias\":{\"5\":101}", "invalid_value", "logit_bias")]
    [InlineData("\"logit_bias\":{\"five\":1}", "invalid_value", "logit_bias")]
    [InlineData("\"logit_bias\":{\"-5\":1}", "invalid_value", "logit_bias")]
    [InlineData("\"logit_bias\":{\"1\":1,\"01\":1}", "invalid_value", "logit_bias")]
    [InlineData("\"logit_bias\":[1]", "invalid_type", "logit_bias")]
    [InlineData("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "invalid_value", "stop")]
    [InlineData("\"stop\":\"\"", "invalid_value", "stop")]
    [InlineData("\"stop\":5", "invalid_type", "stop")]
    [InlineData("\"stop\":[\"a\",5]", "invalid_type", "stop[1]")]
    [InlineData("\"seed\":1.5", "invalid_type", "seed")]
    [InlineData("\"seed\":18446744073709551616", "invalid_type", "seed")]
    [InlineData("\"seed\":\"1\"", "invalid_type", "seed")]
    [InlineData("\"stream\":\"yes\"", "invalid_type", "stream")]
    [InlineData("\"stream_options\":{\"include_usage\":true}", "invalid_value", "stream_options")]
    [InlineData("\"stream\":true,\"stream_options\":7", "invalid_type", "stream_options")]
    [InlineData("\"stream\":true,\"stream_options\":{\"include_usage\":7}", "invalid_type", "stream_options.include_usage")]
    [InlineData("\"integrity\":\"very\"", "integrity_unknown", "integrity")]
    [InlineData("\"integrity\":\"checked:2\"", "integrity_unknown", "integrity")]
    [InlineData("\"integrity\":\"replicated:1\"", "integrity_unknown", "integrity")]
    [InlineData("\"integrity\":3", "integrity_unknown", "integrity")]
    [InlineData("\"integrity\":{}", "integrity_unknown", "integrity")]
    [InlineData("\"integrity\":{\"level\":3}", "integrity_unknown", "integrity")]
    [InlineData("\"integrity\":{\"assurance\":1}", "integrity_unknown", "integrity.assurance")]
    [InlineData("\"integrity\":{\"assurance\":0}", "integrity_unknown", "integrity.assurance")]
    [InlineData("\"integrity\":{\"assurance\":\"high\"}", "integrity_unknown", "integrity.assurance")]
    [InlineData("\"repetition_penalty\":0.5", "invalid_value", "repetition_penalty")]
    [InlineData("\"repetition_window\":-2", "invalid_value", "repetition_window")]
    [InlineData("\"repetition_penalty\":1.1,\"repeat_penalty\":1.2", "invalid_value", "repeat_penalty")]
    [InlineData("\"repetition_window\":1,\"repeat_last_n\":2", "invalid_value", "repeat_last_n")]
    [InlineData("\"stop_token_ids\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "invalid_value", "stop_token_ids")]
    [InlineData("\"stop_token_ids\":[-1]", "invalid_value", "stop_token_ids")]
    [InlineData("\"grammar\":\"root ::= root\"", "invalid_grammar", "grammar")]
    [InlineData("\"grammar\":\"root ::= .\",\"response_format\":{\"type\":\"json_object\"}", "invalid_value", "grammar")]
    [InlineData("\"response_format\":\"json_object\"", "invalid_type", "response_format")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"}", "missing_required_parameter", "response_format.json_schema")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\"}}", "missing_required_parameter", "response_format.json_schema.schema")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"pattern\":\"a\"}}}", "unsupported_schema", "response_format.json_schema.schema")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"$ref\":\"#\"}}}", "invalid_grammar", "response_format.json_schema.schema")]
    [InlineData("\"logprobs\":3", "invalid_type", "logprobs")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":21", "invalid_value", "top_logprobs")]
    [InlineData("\"top_logprobs\":2", "invalid_value", "top_logprobs")]
    [InlineData("\"n\":0", "invalid_value", "n")]
    [InlineData("\"n\":9", "invalid_value", "n")]
    [InlineData("\"n\":1.5", "invalid_type", "n")]
    public async Task Chat_WrongParameter_NamesTheField(string fields, string code, string param)
    {
        using var response = await host.Api.ChatAsync(fields);
        var error = await response.ErrorAsync(400, code, param);
        Assert.Contains($"'{param}'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"functions\":[{}]", "functions")]
    [InlineData("\"function_call\":\"auto\"", "function_call")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "response_format.type")]
    [InlineData("\"suffix\":\"x\"", "suffix")]
    [InlineData("\"best_of\":2", "best_of")]
    [InlineData("\"audio\":{\"voice\":\"x\"}", "audio")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    public async Task Chat_UnsupportedField_IsRefusedByName(string fields, string param)
    {
        using var chat = await host.Api.ChatAsync(fields);
        await chat.ErrorAsync(400, "unsupported_parameter", param);
        using var text = await host.Api.PostAsync("/v1/completions", Bodies.Text(fields));
        await text.ErrorAsync(400, "unsupported_parameter", param);
    }

    [Theory]
    [InlineData("""{"role":"function","content":"x"}""", "messages[0].role")]
    [InlineData("""{"role":"assistant","content":"x","function_call":{}}""", "messages[0].function_call")]
    [InlineData("""{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}""", "messages[0].content[0].type")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"x"}}]}""", "messages[0].content[1].type")]
    public async Task Chat_UnsupportedMessage_IsRefusedByName(string message, string param)
    {
        using var response = await host.Api.PostAsync(Chat, $$"""{"model":"m","messages":[{{message}}]}""");
        await response.ErrorAsync(400, "unsupported_parameter", param);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "missing_required_parameter")]
    [InlineData("""{"model":"m","prompt":""}""", "invalid_value")]
    [InlineData("""{"model":"m","prompt":5}""", "invalid_type")]
    [InlineData("""{"model":"m","prompt":[]}""", "invalid_value")]
    [InlineData("""{"model":"m","prompt":[1,"a"]}""", "invalid_type")]
    [InlineData("""{"model":"m","prompt":[1,1.5]}""", "invalid_type")]
    [InlineData("""{"model":"m","prompt":["a",5]}""", "invalid_type", "prompt[1]")]
    [InlineData("""{"model":"m","prompt":[["a"]]}""", "invalid_type", "prompt[0]")]
    [InlineData("""{"model":"m","prompt":["a",""]}""", "invalid_value", "prompt[1]")]
    [InlineData("""{"model":"m","prompt":["a",[]]}""", "invalid_value", "prompt[1]")]
    [InlineData("""{"model":"m","prompt":["a","a","a","a","a","a","a","a","a"]}""", "invalid_value")]
    [InlineData("""{"model":"m","prompt":["a","a","a"],"n":3}""", "invalid_value")]
    [InlineData("""{"model":"m","prompt":"a","n":2,"best_of":3}""", "unsupported_parameter", "best_of")]
    [InlineData("""{"model":"m","prompt":"a","n":2,"best_of":1}""", "unsupported_parameter", "best_of")]
    public async Task Text_WrongPrompt_NamesTheField(string body, string code, string param = "prompt")
    {
        using var response = await host.Api.PostAsync("/v1/completions", body);
        await response.ErrorAsync(400, code, param);
    }

    [Fact]
    public async Task Chat_ModelNameTooLong_IsUnknown()
    {
        using var response = await host.Api.PostAsync(Chat, $$"""{"model":"{{new string('m', 97)}}","messages":[{"role":"user","content":"x"}]}""");
        await response.ErrorAsync(404, "model_not_found", "model");
    }

    [Fact]
    public async Task Chat_TooManyMessages_IsRefused()
    {
        var many = string.Join(',', Enumerable.Repeat("""{"role":"user","content":"x"}""", 2049));
        using var response = await host.Api.PostAsync(Chat, $$"""{"model":"m","messages":[{{many}}]}""");
        await response.ErrorAsync(400, "invalid_value", "messages");
    }

    [Fact]
    public async Task Body_TooLarge_Is413()
    {
        using var declared = await host.Api.ChatAsync($"\"user\":\"{new string('x', 1024 * 1024)}\"");
        await declared.ErrorAsync(413, "body_too_large");
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = new StringContent(Bodies.Chat($"\"user\":\"{new string('x', 1024 * 1024)}\"")) };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await host.Api.Http.SendAsync(request);
        await chunked.ErrorAsync(413, "body_too_large");
    }

    [Fact]
    public async Task Body_FarTooLarge_IsStillReadSoThatTheClientSeesThe413()
    {
        for (var repeat = 0; repeat < 10; repeat++)
        {
            using var response = await host.Api.ChatAsync($"\"user\":\"{new string('x', 8 * 1024 * 1024)}\"");
            await response.ErrorAsync(413, "body_too_large");
        }
    }

    [Theory]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("POST", "/v1")]
    [InlineData("GET", "/v1/chat/completions/x")]
    [InlineData("GET", "/elsewhere")]
    public async Task Route_Unknown_Is404(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await host.Api.Http.SendAsync(request);
        await response.ErrorAsync(404, "unknown_url");
    }

    [Theory]
    [InlineData("GET", Chat, "POST")]
    [InlineData("PUT", "/v1/completions", "POST")]
    [InlineData("DELETE", "/v1/models", "GET")]
    [InlineData("POST", "/v1/network", "GET")]
    public async Task Method_Wrong_Is405(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await host.Api.Http.SendAsync(request);
        var error = await response.ErrorAsync(405, "method_not_allowed");
        Assert.Contains(allowed, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(allowed, response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Headers_TooLarge_Are431()
    {
        using var response = await host.Api.ChatAsync("", ("x-long", new string('x', 17 * 1024)));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Fault_Inside_IsHidden()
    {
        using var response = await host.Api.Http.GetAsync("/v1/fault");
        var error = await response.ErrorAsync(500, "internal_error");
        Assert.DoesNotContain("secret", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
