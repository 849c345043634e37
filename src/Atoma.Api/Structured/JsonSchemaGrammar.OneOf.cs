using System.Text.Json;

namespace Atoma.Api.Structured;

// oneOf: what a grammar writes must satisfy one branch and no other, so branches must be seen to exclude each other.
internal sealed partial class JsonSchemaGrammar
{
    /// <summary>Branches compared with each other: their number squared.</summary>
    private const int BranchesMax = 64;

    private void RequireDisjoint(JsonElement[] branches, string path)
    {
        if (branches.Length > BranchesMax)
            throw new JsonSchemaException(path, $"has more than {BranchesMax} branches; use anyOf");
        JsonElement[] resolved = [.. branches.Select((b, i) => Target(b, $"{path}[{i}]"))];
        for (var i = 0; i < resolved.Length; i++)
        {
            for (var k = 0; k < i; k++)
            {
                if (!AreDisjoint(resolved[k], resolved[i], path))
                    throw new JsonSchemaException(path, $"has branches {k} and {i}, which one value could satisfy both; use anyOf, or give them a required property with different constants");
            }
        }
    }

    private JsonElement Target(JsonElement schema, string path)
    {
        // As many steps as there could be references; a circle is then seen as no branch at all.
        for (var steps = 0; steps < BranchesMax && schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); steps++)
            schema = Resolve(reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "", path);
        return schema;
    }

    private static bool AreDisjoint(JsonElement left, JsonElement right, string path)
    {
        if (left.ValueKind != JsonValueKind.Object || right.ValueKind != JsonValueKind.Object || IsNullable(left) || IsNullable(right))
            return false;
        if (Constants(left) is { } some && Constants(right) is { } others)
            return !some.Overlaps(others);
        var (mine, theirs) = (Kinds(left, path), Kinds(right, path));
        if (mine.Count > 0 && theirs.Count > 0 && !mine.Overlaps(theirs))
            return true;
        return mine.SetEquals(["object"]) && theirs.SetEquals(["object"]) && Discriminators(left, path).Any(d =>
            Discriminators(right, path).Any(e => e.Name == d.Name && !d.Values.Overlaps(e.Values)));
    }

    private static bool IsNullable(JsonElement schema) => schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True;

    /// <summary>JSON types of a schema's values, integers as numbers; none when it does not say.</summary>
    private static HashSet<string> Kinds(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("const", out _) || schema.TryGetProperty("enum", out _) || !schema.TryGetProperty("type", out _))
            return [];
        return [.. Types(schema, path).Select(t => t == "integer" ? "number" : t)];
    }

    private static HashSet<string>? Constants(JsonElement schema)
    {
        if (schema.TryGetProperty("const", out var constant))
            return IsExact(constant) ? [Compact(constant)] : null;
        return schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array && values.EnumerateArray().All(IsExact)
            ? [.. values.EnumerateArray().Select(Compact)]
            : null;
    }

    /// <summary>Written in one way only: 1 and 1.0 are the same number.</summary>
    private static bool IsExact(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null;

    private static IEnumerable<(string Name, HashSet<string> Values)> Discriminators(JsonElement schema, string path)
    {
        var declared = Declared(schema, path);
        var required = Required(schema, declared, path);
        foreach (var property in declared)
        {
            if (required.Contains(property.Name) && property.Value.ValueKind == JsonValueKind.Object && Constants(property.Value) is { } values)
                yield return (property.Name, values);
        }
    }
}
