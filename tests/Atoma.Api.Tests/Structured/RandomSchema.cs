using System.Text.Json.Nodes;

namespace Atoma.Api.Tests.Structured;

/// <summary>Random schemas of what the grammar supports.</summary>
internal static class RandomSchema
{
    private static readonly string[] Names = ["a", "ab", "abc", "b", "name with \"quotes\"", "漢", "x"];
    private static readonly string[] Formats = ["date", "time", "date-time", "uuid", "ipv4"];

    public static JsonNode Make(Random random)
    {
        var schema = Node(random, 3).AsObject();
        schema["$defs"] = new JsonObject { ["leaf"] = Node(random, 0), ["list"] = new JsonObject { ["type"] = "array", ["items"] = Reference("list"), ["maxItems"] = 2 } };
        return schema;
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };

    private static JsonNode Node(Random random, int depth) => random.Next(depth > 0 ? 11 : 6) switch
    {
        0 => new JsonObject { ["type"] = random.Next(2) == 0 ? "boolean" : "null" },
        1 => Text(random),
        2 => Number(random),
        3 => new JsonObject { ["enum"] = new JsonArray("a", "b\n", 1, null, new JsonArray(1, 2)) },
        4 => new JsonObject { ["const"] = new JsonObject { ["k"] = random.Next(100) } },
        5 => new JsonObject { ["type"] = new JsonArray("integer", "null", "string") },
        6 => List(random, depth),
        7 => new JsonObject { ["anyOf"] = new JsonArray(Node(random, depth - 1), Node(random, depth - 1)) },
        8 => new JsonObject { ["oneOf"] = new JsonArray(Branch(random, depth, "p"), Branch(random, depth, "q"), new JsonObject { ["type"] = "integer" }) },
        9 => depth == 3 ? Record(random, depth) : Reference(random.Next(2) == 0 ? "leaf" : "list"),
        _ => Record(random, depth),
    };

    private static JsonObject Text(Random random)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (random.Next(3) == 0)
            schema["format"] = Formats[random.Next(Formats.Length)];
        else if (random.Next(2) == 0)
            (schema["minLength"], schema["maxLength"]) = (random.Next(4), 4 + random.Next(8));
        if (random.Next(4) == 0)
            schema["nullable"] = true;
        return schema;
    }

    private static JsonObject Number(Random random)
    {
        var schema = new JsonObject { ["type"] = random.Next(2) == 0 ? "integer" : "number" };
        var low = random.Next(4) switch { 0 => random.Next(-10, 10), 1 => random.Next(-2000, 2000), 2 => random.Next(), _ => 0 };
        if (random.Next(3) > 0)
            schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        if (random.Next(3) > 0)
            schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = (long)low + 2 + random.Next(random.Next(2) == 0 ? 5 : 100_000);
        return schema;
    }

    private static JsonObject List(Random random, int depth)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = Node(random, depth - 1) };
        if (random.Next(2) == 0)
            schema["minItems"] = random.Next(3);
        schema["maxItems"] = 2 + random.Next(2);
        return schema;
    }

    private static JsonObject Branch(Random random, int depth, string kind)
    {
        var schema = Record(random, depth);
        schema["properties"]!.AsObject()["kind"] = new JsonObject { ["const"] = kind };
        schema["required"] = new JsonArray([.. schema["required"]!.AsArray().Select(n => n!.DeepClone()), "kind"]);
        return schema;
    }

    private static JsonObject Record(Random random, int depth)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var name in Names.Where(_ => random.Next(3) == 0))
        {
            properties[name] = Node(random, depth - 1);
            if (random.Next(2) == 0)
                required.Add(name);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
        if (random.Next(3) == 0)
            schema["additionalProperties"] = random.Next(2) == 0 ? Node(random, 0) : (JsonNode)(random.Next(2) == 0);
        return schema;
    }
}
