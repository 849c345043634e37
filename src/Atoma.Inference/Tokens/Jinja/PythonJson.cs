using System.Text.Json;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Layout of <see cref="PythonJson.Write"/>: the keyword arguments of json.dumps.</summary>
internal sealed record JsonLayout
{
    public bool AsciiOnly { get; init; }

    /// <summary>What each level is indented by; null for one line.</summary>
    public string? Indent { get; init; }

    public string ItemSeparator { get; init; } = ", ";

    public string KeySeparator { get; init; } = ": ";

    public bool SortKeys { get; init; }
}

/// <summary>JSON in and out, written as Python's json.dumps writes it: that is what models were shown in training.</summary>
internal static class PythonJson
{
    /// <summary>A value that came with the request.</summary>
    /// <exception cref="FormatException">A number that 64 bits cannot hold.</exception>
    public static JinjaValue Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new TextValue(MarkedText.Input(element.GetString()!)),
        JsonValueKind.Number => ReadNumber(element),
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        JsonValueKind.Array => new ListValue([.. element.EnumerateArray().Select(Read)]),
        JsonValueKind.Object => new DictionaryValue(element.EnumerateObject().Select(p => ((JinjaValue)new TextValue(MarkedText.Input(p.Name)), Read(p.Value)))),
        _ => NoneValue.Instance,
    };

    public static MarkedText Write(JinjaValue value, JsonLayout layout, JinjaBudget budget)
    {
        var writer = new PythonJsonWriter(layout, budget);
        writer.Value(value, 0);
        return MarkedText.Of(writer.Text.ToString(), writer.Input);
    }

    private static JinjaValue ReadNumber(JsonElement element)
    {
        if (element.TryGetInt64(out var whole) && !element.GetRawText().AsSpan().ContainsAny(".eE"))
            return new IntegerValue(whole);
        return element.GetRawText().AsSpan().ContainsAny(".eE") && element.TryGetDouble(out var real) && double.IsFinite(real)
            ? new FloatValue(real)
            : throw new FormatException($"the number {element.GetRawText()} needs more than 64 bits");
    }
}
