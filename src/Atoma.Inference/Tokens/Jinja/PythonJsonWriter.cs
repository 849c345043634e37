using System.Globalization;
using System.Text;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Writes one value as JSON.</summary>
internal sealed class PythonJsonWriter(JsonLayout layout, JinjaBudget budget)
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
