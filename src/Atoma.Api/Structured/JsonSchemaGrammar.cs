using System.Text.Json;

namespace Atoma.Api.Structured;

/// <summary>
/// Turns a JSON schema into grammar rules whose every text is JSON that the schema accepts. Not every text that the schema
/// accepts: properties come in the order written, undeclared ones only where additionalProperties asks for them, numbers have
/// at most fifteen digits. A keyword that cannot be held to is refused by name; annotations are passed over.
/// </summary>
internal sealed partial class JsonSchemaGrammar
{
    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment", "$defs", "definitions", "nullable",
    };

    private readonly GrammarText _text;
    private readonly JsonElement _root;
    private readonly Dictionary<string, string> _references = new(StringComparer.Ordinal);
    private readonly Queue<(string Rule, JsonElement Schema, string Path)> _pending = new();

    private JsonSchemaGrammar(GrammarText text, JsonElement root)
    {
        _text = text;
        _root = root;
    }

    /// <summary>Adds a schema's rules to a grammar; returns the name of the rule that its values follow.</summary>
    /// <param name="schema">An object or true; references in it are to places in itself.</param>
    /// <param name="text">Gets the rules.</param>
    /// <exception cref="JsonSchemaException">A keyword or a combination that is not supported, by name and place.</exception>
    public static string Add(JsonElement schema, GrammarText text)
    {
        var grammar = new JsonSchemaGrammar(text, schema);
        var rule = grammar.Reference("#", "");
        // One after another, not one inside the other: references may form a chain of any length.
        while (grammar._pending.TryDequeue(out var next))
            text.Define(next.Rule, grammar.Expression(next.Schema, next.Path));
        return rule;
    }

    /// <summary>A grammar of its own for one schema.</summary>
    /// <exception cref="JsonSchemaException">A keyword or a combination that is not supported, by name and place.</exception>
    public static string Grammar(JsonElement schema)
    {
        var text = new GrammarText();
        return text.ToGrammar(Add(schema, text));
    }

    /// <summary>A grammar for any JSON object.</summary>
    public static string AnyObject()
    {
        var text = new GrammarText();
        return text.ToGrammar(text.Of("object"));
    }

    /// <summary>What values of a schema look like, as one item of a rule's right side.</summary>
    private string Expression(JsonElement schema, string path)
    {
        if (schema.ValueKind == JsonValueKind.True)
            return _text.Of("value");
        if (schema.ValueKind != JsonValueKind.Object)
            throw new JsonSchemaException(path, schema.ValueKind == JsonValueKind.False ? "is false, which nothing satisfies" : "must be an object");
        return schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True
            ? $"({NotNull(schema, path)} | \"null\")"
            : NotNull(schema, path);
    }

    private string NotNull(JsonElement schema, string path)
    {
        foreach (var (keyword, read) in (ReadOnlySpan<(string, Func<JsonElement, string, string>)>)
                 [("$ref", ReadReference), ("allOf", ReadAllOf), ("anyOf", ReadAnyOf), ("oneOf", ReadOneOf)])
        {
            if (!schema.TryGetProperty(keyword, out var value))
                continue;
            RequireOnly(schema, path, keyword);
            return read(value, Join(path, keyword));
        }

        if (schema.TryGetProperty("const", out var constant))
        {
            RequireOnly(schema, path, "const", "type");
            return Constant(schema, constant, Join(path, "const"));
        }

        if (schema.TryGetProperty("enum", out var values))
        {
            RequireOnly(schema, path, "enum", "type");
            return Choice(Items(values, Join(path, "enum")).Select((v, i) => Constant(schema, v, $"{Join(path, "enum")}[{i}]")));
        }

        return OfTypes(schema, path);
    }

    private string ReadReference(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String ? Reference(value.GetString()!, path) : throw new JsonSchemaException(path, "must be a string");

    private string ReadAllOf(JsonElement value, string path) =>
        Items(value, path) is [var single] ? Expression(single, path + "[0]") : throw new JsonSchemaException(path, "is supported with one schema only; write their properties into one");

    private string ReadAnyOf(JsonElement value, string path) => Choice(Items(value, path).Select((s, i) => Expression(s, $"{path}[{i}]")));

    private string ReadOneOf(JsonElement value, string path)
    {
        RequireDisjoint(Items(value, path), path);
        return ReadAnyOf(value, path);
    }

    /// <summary>The rule of the schema at a place of the whole one, made when it is first named: recursion comes by itself.</summary>
    private string Reference(string pointer, string path)
    {
        if (_references.TryGetValue(pointer, out var known))
            return known;
        var rule = _references[pointer] = _text.Reserve();
        _pending.Enqueue((rule, Resolve(pointer, path), pointer == "#" ? "" : pointer));
        return rule;
    }

    private JsonElement Resolve(string pointer, string path)
    {
        if (!pointer.StartsWith('#'))
            throw new JsonSchemaException(path, "must be a place in this schema, such as '#/$defs/name'");
        var at = _root;
        foreach (var step in pointer.Split('/').Skip(1).Select(s => Uri.UnescapeDataString(s).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(step, out var property))
                at = property;
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(step, out var index) && index >= 0 && index < at.GetArrayLength())
                at = at[index];
            else
                throw new JsonSchemaException(path, $"names '{pointer}', which is not in this schema");
        }

        return at;
    }

    /// <summary>Every keyword besides annotations is one of these.</summary>
    private static void RequireOnly(JsonElement schema, string path, params ReadOnlySpan<string> keywords)
    {
        foreach (var property in schema.EnumerateObject())
        {
            if (!Annotations.Contains(property.Name) && !keywords.Contains(property.Name))
                throw new JsonSchemaException(Join(path, property.Name), $"is not supported{(keywords.Length == 1 ? $" beside '{keywords[0]}'" : "")}");
        }
    }

    private static JsonElement[] Items(JsonElement list, string path) =>
        list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? [.. list.EnumerateArray()] : throw new JsonSchemaException(path, "must be a list that is not empty");

    private static string Choice(IEnumerable<string> alternatives) => string.Join(" | ", alternatives) is var text && text.Contains(" | ", StringComparison.Ordinal) ? $"({text})" : text;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
