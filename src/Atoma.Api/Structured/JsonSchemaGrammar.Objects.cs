using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Atoma.Api.Structured;

// Objects: declared properties in their order, then others where they are asked for.
internal sealed partial class JsonSchemaGrammar
{
    private string Object(JsonElement schema, string path)
    {
        var declared = Declared(schema, path);
        var required = Required(schema, declared, path);
        var sp = _text.Of("sp");
        var other = Other(schema, declared, path);

        // From the last property to the first: what may follow once something is written, and what may stand when nothing is.
        var rest = other is null ? "" : $"({sp} \",\" {sp} {other})*";
        var starts = other is null ? new List<string>() : [$"{other} ({sp} \",\" {sp} {other})*"];
        var mayBeEmpty = true;
        for (var i = declared.Count - 1; i >= 0; i--)
        {
            var member = _text.Add($"{Key(declared[i].Name)} {sp} \":\" {sp} {_text.Add(Expression(declared[i].Value, Join(Join(path, "properties"), declared[i].Name)))}");
            var isRequired = required.Contains(declared[i].Name);
            if (isRequired)
                starts.Clear();
            mayBeEmpty &= !isRequired;
            starts.Add($"{member} {rest}");
            rest = _text.Add($"({sp} \",\" {sp} {member}){(isRequired ? "" : "?")} {rest}");
        }

        if (starts.Count == 0)
            return $"\"{{\" {sp} \"}}\"";
        starts.Reverse();
        var members = string.Join(" | ", starts);
        return mayBeEmpty ? $"\"{{\" {sp} (({members}) {sp})? \"}}\"" : $"\"{{\" {sp} ({members}) {sp} \"}}\"";
    }

    private static List<JsonProperty> Declared(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("properties", out var properties))
            return [];
        if (properties.ValueKind != JsonValueKind.Object)
            throw new JsonSchemaException(Join(path, "properties"), "must be an object");
        return [.. properties.EnumerateObject()];
    }

    private static HashSet<string> Required(JsonElement schema, List<JsonProperty> declared, string path)
    {
        if (!schema.TryGetProperty("required", out var required))
            return [];
        if (required.ValueKind != JsonValueKind.Array || required.EnumerateArray().Any(r => r.ValueKind != JsonValueKind.String))
            throw new JsonSchemaException(Join(path, "required"), "must be a list of names");
        HashSet<string> names = [.. required.EnumerateArray().Select(r => r.GetString()!)];
        var known = declared.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        return names.FirstOrDefault(n => !known.Contains(n)) is { } unknown
            ? throw new JsonSchemaException(Join(path, "required"), $"names '{unknown}', which is not among the properties")
            : names;
    }

    /// <summary>The rule of an undeclared member; null where there are none. Left out counts as false: closed objects satisfy the schema too.</summary>
    private string? Other(JsonElement schema, List<JsonProperty> declared, string path)
    {
        if (!schema.TryGetProperty("additionalProperties", out var other) || other.ValueKind == JsonValueKind.False)
            return null;
        var value = _text.Add(Expression(other, Join(path, "additionalProperties")));
        var sp = _text.Of("sp");
        return _text.Add($"{OtherKey(declared)} {sp} \":\" {sp} {value}");
    }

    private static string Key(string name)
    {
        var quoted = $"\"{JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
        return GrammarText.Literal(quoted);
    }

    /// <summary>A key that is none of the declared ones. Written without escapes, so that no two spellings mean the same.</summary>
    private string OtherKey(List<JsonProperty> declared)
    {
        var plain = _text.Add("[^\"\\\\\\x00-\\x1F]");
        Rune[][] names = [.. declared.Select(d => d.Name.EnumerateRunes().ToArray())];
        return $"\"\\\"\" {OtherThan(names, plain)} \"\\\"\"";
    }

    /// <summary>Texts of plain characters that are none of the given ones: a tree over their characters, left where a text differs.</summary>
    private string OtherThan(Rune[][] names, string plain)
    {
        if (names.Length == 0)
            return $"{plain}*";
        var alternatives = new List<string>();
        foreach (var group in names.Where(n => n.Length > 0).GroupBy(n => n[0]))
            alternatives.Add($"{GrammarText.Literal(group.Key.ToString())} {_text.Add(OtherThan([.. group.Select(n => n[1..])], plain))}");
        var next = string.Concat(names.Where(n => n.Length > 0).Select(n => n[0]).Distinct().Select(GrammarText.InClass));
        alternatives.Add($"[^\"\\\\\\x00-\\x1F{next}] {plain}*");
        // A proper start of a name is another text; a name itself is not.
        if (names.All(n => n.Length > 0))
            alternatives.Add("\"\"");
        return $"({string.Join(" | ", alternatives)})";
    }
}
