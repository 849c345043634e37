using System.Text;
using System.Text.Json;

namespace Atoma.Api.Tests.Fuzz;

/// <summary>Spoils JSON bodies: values for others of every kind, fields that belong elsewhere, and bytes that are no JSON at all.</summary>
internal sealed class JsonMutator(Random random, IReadOnlyList<byte[]> corpus)
{
    /// <summary>Longest body that is made; a part of them is longer than the API takes.</summary>
    private const int LengthMax = 4096;

    private static readonly string[] Fragments =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "2", "8", "9", "1.5", "1e999", "-1e308", "5e-324", "2147483648", "9223372036854775807", "18446744073709551616",
        "\"\"", "\"a\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"👋\"", "\"none\"", "\"checked\"", "\"replicated:9\"", "\"auto\"", "\"required\"",
        "\"json_object\"", "\"base64\"", "\"system\"", "\"tool\"", "\"atoma-demo\"", "[]", "{}", "[null]", "[[]]", "[\"\",\"\"]", "[1,2,3]", "[1e99]", "{\"a\":1,\"a\":2}",
        "{\"type\":\"object\"}", "{\"assurance\":0.5}", "{\"type\":\"text\",\"text\":\"x\"}", "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{}}}",
        "{\"$ref\":\"#\"}", "{\"anyOf\":[{\"type\":\"string\"},{\"const\":1}]}", "{\"type\":\"string\",\"maxLength\":9999999}", "{\"type\":\"integer\",\"minimum\":-9e15}",
        "\"root ::= root\"", "\"root ::= [a-z]{1,9999}\"", "\"root ::= (\"", "{\"5\":1}", "{\"-1\":1e9}", "{\"url\":\"https://a\"}", "{\"url\":\"http://[::1\"}",
    ];

    private static readonly string[] Names =
    [
        "model", "messages", "prompt", "n", "best_of", "stream", "stream_options", "include_usage", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k",
        "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty", "repeat_last_n", "logit_bias", "seed", "stop", "stop_token_ids", "ignore_eos", "grammar",
        "response_format", "logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls", "integrity", "webhook", "input", "encoding_format", "dimensions",
        "query", "documents", "top_n", "role", "content", "tool_calls", "tool_call_id", "name", "type", "function", "arguments", "parameters", "echo", "suffix", "user",
    ];

    /// <summary>Spoils one in up to four places; every fifth is left as it is.</summary>
    public byte[] Next(byte[] body)
    {
        for (var edits = random.Next(5); edits > 0; edits--)
            body = Edit(body);
        return body.Length <= LengthMax || random.Next(500) == 0 ? body : body[..LengthMax];
    }

    /// <summary>Spoils bytes, whatever they are.</summary>
    public byte[] Bytes(byte[] body)
    {
        if (body.Length == 0)
            return [(byte)random.Next(256)];
        var at = random.Next(body.Length);
        var length = Math.Min(random.Next(1, 16), body.Length - at);
        switch (random.Next(6))
        {
            case 0:
                return [.. body[..at], .. body[(at + length)..]];
            case 1:
                var noise = new byte[length];
                random.NextBytes(noise);
                return [.. body[..at], .. noise, .. body[at..]];
            case 2:
                return body[..at];
            case 3:
                return [.. body[..at], .. body.AsSpan(at, length), .. body[at..]];
            case 4:
                var other = corpus[random.Next(corpus.Count)];
                return [.. body[..at], .. other.AsSpan(random.Next(other.Length))];
            default:
                var flipped = body.ToArray();
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
        }
    }

    private byte[] Edit(byte[] body)
    {
        var values = Values(body);
        if (values.Count == 0 || random.Next(4) == 0)
            return Bytes(body);
        var (start, end) = values[random.Next(values.Count)];
        switch (random.Next(5))
        {
            case 0:
                return [.. body[..start], .. Fragment(), .. body[end..]];
            case 1:
                var other = corpus[random.Next(corpus.Count)];
                var theirs = Values(other);
                var (from, to) = theirs[random.Next(theirs.Count)];
                return [.. body[..start], .. other.AsSpan(from, to - from), .. body[end..]];
            case 2:
                var (first, last) = values[random.Next(values.Count)];
                return [.. body[..start], .. body.AsSpan(first, last - first), .. body[end..]];
            case 3:
                return [.. body[..start], .. Encoding.UTF8.GetBytes(new string('[', random.Next(1, 60))), .. body[start..]];
            default:
                var open = Array.IndexOf(body, (byte)'{', random.Next(body.Length));
                return open < 0
                    ? [.. body[..start], .. Fragment(), .. body[end..]]
                    : [.. body[..(open + 1)], .. Encoding.UTF8.GetBytes($"\"{Names[random.Next(Names.Length)]}\":"), .. Fragment(), (byte)',', .. body[(open + 1)..]];
        }
    }

    private byte[] Fragment() => random.Next(40) switch
    {
        0 => Encoding.UTF8.GetBytes('"' + new string('x', random.Next(LengthMax)) + '"'),
        1 => Encoding.UTF8.GetBytes('[' + string.Join(',', Enumerable.Repeat(Fragments[random.Next(Fragments.Length)], random.Next(1, 300))) + ']'),
        _ => Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]),
    };

    /// <summary>Where the values are, as far as it can be read.</summary>
    private static List<(int Start, int End)> Values(byte[] json)
    {
        var values = new List<(int, int)>();
        var open = new Stack<int>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    open.Push((int)reader.TokenStartIndex);
                else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                    values.Add((open.Pop(), (int)reader.BytesConsumed));
                else if (reader.TokenType != JsonTokenType.PropertyName)
                    values.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed));
            }
        }
        catch (JsonException)
        {
            // What comes before is good enough.
        }

        return values;
    }
}
