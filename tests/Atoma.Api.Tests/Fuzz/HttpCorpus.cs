using System.Text;

namespace Atoma.Api.Tests.Fuzz;

/// <summary>Every endpoint that takes a body, with bodies that it takes.</summary>
internal static class HttpCorpus
{
    private const string Tool = """{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"integer","minimum":0}},"required":["a"]}}}""";

    public static readonly string[] Routes =
    [
        "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/rerank", "/v1/tokenize", "/v1/quotes", "/v1/requests", "/v1/moderations",
        "/v1/requests/{id}/dispute", "/v1/requests/{id}/cancel", "/v1/nodes/{node}/slashes/s1/appeal", "/v1/nodes/{node}/slashes/s1/evidence",
        "/v1/nodes/{node}/payouts", "/v1/nodes/{node}/bond", "/v1/nodes/{node}/unbond", "/v1/account/keys", "/v1/account/keys/k1", "/v1/account/faucet",
        "/v1/admin/accounts", "/v1/admin/accounts/a1/credit", "/v1/admin/accounts/a1/close", "/v1/admin/keys", "/v1/admin/payouts/p1/paid", "/v1/admin/payouts/p1/return",
    ];

    /// <summary>An endpoint, most often one that takes such a body.</summary>
    public static string RouteFor(int body, Random random)
    {
        if (random.Next(5) == 0)
            return Routes[random.Next(Routes.Length)];
        string[] fitting = body switch
        {
            < 8 or 13 => ["/v1/chat/completions", "/v1/chat/completions", "/v1/requests", "/v1/quotes"],
            < 10 => ["/v1/completions", "/v1/completions", "/v1/requests", "/v1/quotes"],
            < 12 => ["/v1/embeddings"],
            12 => ["/v1/rerank"],
            14 => ["/v1/tokenize"],
            16 => ["/v1/nodes/{node}/payouts", "/v1/nodes/{node}/bond"],
            17 => ["/v1/account/keys", "/v1/account/keys/k1", "/v1/admin/keys"],
            18 => ["/v1/admin/accounts"],
            19 => ["/v1/admin/accounts/a1/credit", "/v1/admin/payouts/p1/paid", "/v1/admin/payouts/p1/return"],
            _ => ["/v1/nodes/{node}/slashes/s1/appeal", "/v1/nodes/{node}/slashes/s1/evidence"],
        };
        return fitting[random.Next(fitting.Length)];
    }

    public static readonly byte[][] Bodies = [.. new[]
    {
        """{"model":"atoma-demo","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello"}]}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":[{"type":"text","text":"Grüezi 👋"}]}],"stream":true,"stream_options":{"include_usage":true},"n":2,"seed":-1}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"presence_penalty":-1,"frequency_penalty":2,"max_tokens":7,"stop":["a","b"],"logit_bias":{"9":100,"3":-1.5},"logprobs":true,"top_logprobs":3,"user":"me"}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"}],"tools":[TOOL],"tool_choice":"auto"}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"tools":[TOOL],"tool_choice":{"type":"function","function":{"name":"f"}},"stream":true}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":{"type":"object","properties":{"a":{"enum":[1,"b",null]},"c":{"type":"array","items":{"type":"string","maxLength":5},"maxItems":3}},"additionalProperties":false}}}}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"},"integrity":{"assurance":0.999}}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"grammar":"root ::= \"a\" [b-z]{1,3} | item+\nitem ::= (\"x\" | \"y\")?","integrity":"checked:3"}""",
        """{"model":"atoma-demo","prompt":"Once","max_tokens":5,"logprobs":2,"stop":"x","n":2,"best_of":2}""",
        """{"model":"atoma-demo","prompt":["a",[1,2,3]],"stream":true,"suffix":"","echo":false}""",
        """{"model":"atoma-demo","input":["a","b"],"encoding_format":"base64","integrity":"sampled"}""",
        """{"model":"atoma-demo","input":[[1,2],[3]],"encoding_format":"float","dimensions":2}""",
        """{"model":"atoma-demo","query":"q","documents":["a",{"text":"b"}],"top_n":1,"return_documents":true}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"webhook":{"url":"https://example.com/done?x=1"}}""",
        """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"tools":[TOOL],"ids":true}""",
        """{"signature":"0x00","request":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""",
        """{"amount_micros":7,"to":"0x52908400098527886e0f7030069857d2e4169ee7","nonce":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","signature":"0xSIGNATURE"}""",
        """{"account":"acct-1","label":"Grüezi","scopes":["client","read"],"expires_at":"2027-01-01T00:00:00Z","budget_micros":5,"budget_period":"day","requests_per_minute":3,"tokens_per_minute":9}""",
        """{"id":"team-1","label":"A team"}""",
        """{"amount_micros":5,"reference":"wire 1"}""",
    }.Select(b => Encoding.UTF8.GetBytes(b.Replace("TOOL", Tool, StringComparison.Ordinal).Replace("SIGNATURE", new string('a', 130), StringComparison.Ordinal)))];

    public static readonly string[] EventIds = ["-", "0", "2", "5.1", "3f", "0c", "9.2cf", "-_-", "2_3", "1.1_-", "4f_4f_u", "0_u"];
}
