using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Atoma.Api.Json;

/// <summary>
/// Finds text that is no Unicode. The serializer looks at what becomes a string at once, but takes over elements (schemas, tools,
/// contents) as they were sent: reading them later would throw.
/// </summary>
internal static class JsonUnicode
{
    /// <summary>Where the first such text is, empty for the body as a whole; null when there is none.</summary>
    /// <param name="json">Well-formed but for its texts.</param>
    public static string? Problem(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return "";
        // Only an escape can still name half of a pair.
        return json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0 ? null : FindHalf(json);
    }

    private static string? FindHalf(ReadOnlySpan<byte> json)
    {
        var path = new List<Step>();
        var scratch = new char[json.Length];
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    path.Add(new Step(reader.TokenType == JsonTokenType.StartArray, 0, ""));
                    continue;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    path.RemoveAt(path.Count - 1);
                    break;
                case JsonTokenType.PropertyName or JsonTokenType.String when reader.ValueIsEscaped && !IsWhole(ref reader, scratch):
                    return Text(path, reader.TokenType == JsonTokenType.PropertyName);
                case JsonTokenType.PropertyName:
                    path[^1] = path[^1] with { Name = reader.GetString()! };
                    continue;
            }

            // A value has ended.
            if (path.Count > 0)
                path[^1] = path[^1].Next();
        }

        return null;
    }

    private static bool IsWhole(ref Utf8JsonReader reader, char[] scratch)
    {
        try
        {
            reader.CopyString(scratch);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <param name="path">Objects and lists around the text.</param>
    /// <param name="isName">The text is the name of a field: then the field has none that could be said.</param>
    private static string Text(List<Step> path, bool isName)
    {
        var text = new StringBuilder();
        for (var i = 0; i < path.Count - (isName ? 1 : 0); i++)
        {
            if (path[i].IsList)
                text.Append(CultureInfo.InvariantCulture, $"[{path[i].Index}]");
            else
                text.Append(text.Length > 0 ? "." : "").Append(path[i].Name);
        }

        return text.ToString();
    }

    private readonly record struct Step(bool IsList, int Index, string Name)
    {
        public Step Next() => IsList ? this with { Index = Index + 1 } : this;
    }
}
