using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Api.Structured;

// Values by their type: constants, strings and lists.
internal sealed partial class JsonSchemaGrammar
{
    private static readonly string[] AllTypes = ["object", "array", "string", "number", "integer", "boolean", "null"];

    /// <summary>Keywords that say which type is meant when none is named.</summary>
    private static readonly (string Type, string[] Keywords)[] Keywords =
    [
        ("object", ["properties", "required", "additionalProperties"]),
        ("array", ["items", "minItems", "maxItems"]),
        ("string", ["minLength", "maxLength", "format"]),
        ("number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
    ];

    private static readonly Dictionary<string, string> Formats = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date} \"T\" {Time}",
        ["uuid"] = "hex{8} \"-\" hex{4} \"-\" hex{4} \"-\" hex{4} \"-\" hex{12}",
        ["ipv4"] = $"{Octet} (\".\" {Octet}){{3}}",
    };

    /// <summary>Days up to 28: every month has them.</summary>
    private const string Date = "[1-9] [0-9]{3} \"-\" (\"0\" [1-9] | \"1\" [0-2]) \"-\" (\"0\" [1-9] | \"1\" [0-9] | \"2\" [0-8])";

    private const string Hour = "(\"0\" [0-9] | \"1\" [0-9] | \"2\" [0-3])";
    private const string Time = $"{Hour} \":\" [0-5] [0-9] \":\" [0-5] [0-9] (\".\" [0-9]{{1,6}})? (\"Z\" | [+-] {Hour} \":\" [0-5] [0-9])";
    private const string Octet = "(\"25\" [0-5] | \"2\" [0-4] [0-9] | \"1\" [0-9] [0-9] | [1-9]? [0-9])";

    private string OfTypes(JsonElement schema, string path)
    {
        var types = Types(schema, path);
        if (types.Length == 0)
        {
            RequireOnly(schema, path);
            return _text.Of("value");
        }

        RequireOnly(schema, path, ["type", .. types.SelectMany(t => Keywords.Where(k => k.Type == t || (k.Type == "number" && t == "integer")).SelectMany(k => k.Keywords))]);
        return Choice(types.Select(t => t switch
        {
            "object" => Object(schema, path),
            "array" => Array(schema, path),
            "string" => String(schema, path),
            "integer" => Integer(schema, path),
            "number" => Number(schema, path),
            "boolean" => "\"true\" | \"false\"",
            _ => "\"null\"",
        }));
    }

    /// <summary>The types a schema allows, by name or by its keywords; none when it allows all.</summary>
    private static string[] Types(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("type", out var type))
            return [.. Keywords.Where(k => k.Keywords.Any(w => schema.TryGetProperty(w, out _))).Select(k => k.Type).Take(1)];
        string[] names = [.. (type.ValueKind == JsonValueKind.Array ? Items(type, Join(path, "type")) : [type]).Select(t => t.ValueKind == JsonValueKind.String ? t.GetString()! : "")];
        return names.All(AllTypes.Contains) ? names : throw new JsonSchemaException(Join(path, "type"), $"must be one of {string.Join(", ", AllTypes)}, or a list of them");
    }

    /// <summary>Exactly this value, written without white space.</summary>
    private static string Constant(JsonElement schema, JsonElement value, string path)
    {
        if (Types(schema, path) is { Length: > 0 } types && !types.Any(t => IsOfType(value, t)))
            throw new JsonSchemaException(path, "is not of the schema's type");
        return GrammarText.Literal(Compact(value));
    }

    private static string Compact(JsonElement value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static bool IsOfType(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || (type == "integer" && value.TryGetDecimal(out var number) && decimal.IsInteger(number)),
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        _ => type == "null",
    };

    private string String(JsonElement schema, string path)
    {
        var (least, most) = Counts(schema, path, "minLength", "maxLength");
        if (schema.TryGetProperty("format", out var format))
        {
            if (format.ValueKind != JsonValueKind.String || !Formats.TryGetValue(format.GetString()!, out var body))
                throw new JsonSchemaException(Join(path, "format"), $"is not one of {string.Join(", ", Formats.Keys)}");
            if (least > 0 || most is not null)
                throw new JsonSchemaException(Join(path, "format"), "is not supported beside a length");
            _text.Of("hex");
            return $"\"\\\"\" {body} \"\\\"\"";
        }

        return (least, most) == (0, null) ? _text.Of("string") : $"\"\\\"\" {_text.Of("char")}{{{least},{most}}} \"\\\"\"";
    }

    private string Array(JsonElement schema, string path)
    {
        var (least, most) = Counts(schema, path, "minItems", "maxItems");
        var sp = _text.Of("sp");
        if (most == 0)
            return $"\"[\" {sp} \"]\"";
        var item = schema.TryGetProperty("items", out var items) ? _text.Add(Expression(items, Join(path, "items"))) : _text.Of("value");
        var list = $"{item} ({sp} \",\" {sp} {item}){{{Math.Max(least - 1, 0)},{most - 1}}}";
        return least == 0 ? $"\"[\" {sp} ({list} {sp})? \"]\"" : $"\"[\" {sp} {list} {sp} \"]\"";
    }

    private static (int Least, int? Most) Counts(JsonElement schema, string path, string least, string most)
    {
        var counts = (Count(schema, path, least) ?? 0, Count(schema, path, most));
        return counts.Item2 < counts.Item1 ? throw new JsonSchemaException(Join(path, most), $"is below '{least}'") : counts;
    }

    private static int? Count(JsonElement schema, string path, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count is >= 0 and <= GrammarLimits.Repetitions
            ? count
            : throw new JsonSchemaException(Join(path, keyword), $"must be an integer from 0 to {GrammarLimits.Repetitions}");
    }
}
