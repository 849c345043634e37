using System.Globalization;
using System.Text;
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
        var writer = new Writer(layout, budget);
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

    private sealed class Writer(JsonLayout layout, JinjaBudget budget)
    {
        public StringBuilder Text { get; } = new();

        public bool Input { get; private set; }

        public void Value(JinjaValue value, int level)
        {
            budget.Characters(Text.Length);
            switch (value)
            {
                case NoneValue:
                    Text.Append("null");
                    break;
                case BooleanValue truth:
                    Text.Append(truth.IsTrue ? "true" : "false");
                    break;
                case IntegerValue number:
                    Text.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                    break;
                case FloatValue number:
                    Text.Append(double.IsNaN(number.Value) ? "NaN" : double.IsInfinity(number.Value) ? number.Value > 0 ? "Infinity" : "-Infinity" : PythonText.Number(number.Value));
                    break;
                case TextValue text:
                    Input |= text.Text.HasInput;
                    Quote(text.Text.Text);
                    break;
                case ListValue { IsPlain: true } list:
                    Many('[', ']', list.Items, level, item => Value(item, level + 1));
                    break;
                case DictionaryValue dictionary:
                    Entries(dictionary, level);
                    break;
                default:
                    throw new JinjaException(JinjaError.Type, budget.Line, $"A value of type {value.TypeName} cannot be written as JSON");
            }
        }

        private void Entries(DictionaryValue dictionary, int level)
        {
            var entries = dictionary.Entries;
            if (layout.SortKeys)
                entries = [.. entries.Order(Comparer<(JinjaValue Key, JinjaValue)>.Create((a, b) => PythonOrder.Compare(a.Key, b.Key, budget)))];
            Many('{', '}', entries, level, entry =>
            {
                Value(entry.Key as TextValue ?? TextValue.Template(KeyText(entry.Key)), level + 1);
                Text.Append(layout.KeySeparator);
                Value(entry.Item, level + 1);
            });
        }

        private string KeyText(JinjaValue key) => key switch
        {
            BooleanValue truth => truth.IsTrue ? "true" : "false",
            NoneValue => "null",
            IntegerValue or FloatValue => PythonText.Of(key, budget).Text,
            _ => throw new JinjaException(JinjaError.Type, budget.Line, $"A key of type {key.TypeName} cannot be written as JSON"),
        };

        private void Many<T>(char open, char close, IReadOnlyList<T> items, int level, Action<T> write)
        {
            Text.Append(open);
            for (var i = 0; i < items.Count; i++)
            {
                if (i > 0)
                    Text.Append(layout.ItemSeparator);
                NewLine(level + 1);
                write(items[i]);
            }

            if (items.Count > 0)
                NewLine(level);
            Text.Append(close);
        }

        private void NewLine(int level)
        {
            if (layout.Indent is null)
                return;
            Text.Append('\n');
            for (var i = 0; i < level; i++)
                Text.Append(layout.Indent);
        }

        private void Quote(string text)
        {
            Text.Append('"');
            foreach (var c in text)
            {
                Text.Append(c switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    '\f' => "\\f",
                    '\b' => "\\b",
                    _ => null,
                });
                if (c is '"' or '\\' or '\n' or '\r' or '\t' or '\f' or '\b')
                    continue;
                if (c < ' ' || (layout.AsciiOnly && c > '~'))
                    Text.Append($"\\u{(int)c:x4}");
                else
                    Text.Append(c);
            }

            Text.Append('"');
        }
    }
}
