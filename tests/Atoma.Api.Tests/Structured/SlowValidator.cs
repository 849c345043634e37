using System.Globalization;
using System.Text.Json;

namespace Atoma.Api.Tests.Structured;

/// <summary>JSON schema, keyword by keyword as the specification defines them: slow and obviously right. Knows only the keywords that the grammar supports.</summary>
internal sealed class SlowValidator(JsonElement root)
{
    public bool IsValid(JsonElement value) => IsValid(root, value);

    private bool IsValid(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind == JsonValueKind.True)
            return true;
        if (schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean() && value.ValueKind == JsonValueKind.Null)
            return true;
        return schema.EnumerateObject().All(k => Holds(k.Name, k.Value, schema, value));
    }

    private bool Holds(string keyword, JsonElement rule, JsonElement schema, JsonElement value) => keyword switch
    {
        "type" => rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Any(t => IsOf(t.GetString()!, value)) : IsOf(rule.GetString()!, value),
        "const" => JsonElement.DeepEquals(rule, value),
        "enum" => rule.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)),
        "anyOf" => rule.EnumerateArray().Any(s => IsValid(s, value)),
        "oneOf" => rule.EnumerateArray().Count(s => IsValid(s, value)) == 1,
        "allOf" => rule.EnumerateArray().All(s => IsValid(s, value)),
        "$ref" => IsValid(rule.GetString()!.Split('/').Skip(1).Aggregate(root, (at, step) => at.GetProperty(step)), value),
        "required" => value.ValueKind != JsonValueKind.Object || rule.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _)),
        "properties" => value.ValueKind != JsonValueKind.Object || value.EnumerateObject().All(p => !rule.TryGetProperty(p.Name, out var s) || IsValid(s, p.Value)),
        "additionalProperties" => value.ValueKind != JsonValueKind.Object || value.EnumerateObject().All(p =>
            (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(p.Name, out _)) || (rule.ValueKind != JsonValueKind.False && IsValid(rule, p.Value))),
        "items" => value.ValueKind != JsonValueKind.Array || value.EnumerateArray().All(i => IsValid(rule, i)),
        "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= rule.GetInt32(),
        "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= rule.GetInt32(),
        "minLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() >= rule.GetInt32(),
        "maxLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() <= rule.GetInt32(),
        "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() >= rule.GetDouble(),
        "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() <= rule.GetDouble(),
        "exclusiveMinimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() > rule.GetDouble(),
        "exclusiveMaximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() < rule.GetDouble(),
        "format" => value.ValueKind != JsonValueKind.String || IsFormat(rule.GetString()!, value.GetString()!),
        "$defs" or "nullable" => true,
        _ => throw new InvalidOperationException(keyword),
    };

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };

    private static bool IsFormat(string format, string text) => format switch
    {
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) || text.Contains('+') || text.LastIndexOf('-') > 9, // .NET takes offsets up to 14 hours only
        "time" => TimeOnly.TryParse(text.Split('Z', '+', '-')[0], CultureInfo.InvariantCulture, out _),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "ipv4" => System.Net.IPAddress.TryParse(text, out var ip) && ip.ToString() == text,
        _ => throw new InvalidOperationException(format),
    };
}
