using System.Globalization;
using System.Text;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Texts as Python's str() and repr() write values, and Python's view of characters: code points, not UTF-16 units.</summary>
internal static class PythonText
{
    /// <summary>str.isspace: what strip() and split() without arguments take for blank.</summary>
    public static bool IsSpace(char c) =>
        c is ' ' or (>= '\t' and <= '\r') or (>= '\x1c' and <= '\x1f') or '\x85' or '\xa0' or '\u1680' or (>= '\u2000' and <= '\u200a')
            or '\u2028' or '\u2029' or '\u202f' or '\u205f' or '\u3000';

    /// <summary>Length in code points.</summary>
    public static int Count(string text)
    {
        var count = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
                count--;
        }

        return count;
    }

    /// <summary>UTF-16 position of a code point, 0 to <see cref="Count"/>.</summary>
    public static int PositionOf(string text, int codePoint)
    {
        var at = 0;
        for (; codePoint > 0; codePoint--)
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        return at;
    }

    /// <summary>str(value), with the origin of its characters.</summary>
    public static MarkedText Of(JinjaValue value, JinjaBudget budget) => value switch
    {
        TextValue text => text.Text,
        UndefinedValue => MarkedText.Empty,
        _ => Repr(value, budget),
    };

    /// <summary>repr(value). What holds anything of the request counts as the request's altogether.</summary>
    public static MarkedText Repr(JinjaValue value, JinjaBudget budget)
    {
        var text = new StringBuilder();
        var input = false;
        Write(value, text, ref input, budget);
        return MarkedText.Of(text.ToString(), input);
    }

    public static string Number(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = Exponent(shortest);
        // Python writes 1e16 and above, and below 1e-4, with an exponent of at least two digits.
        if (exponent is >= -4 and < 16)
        {
            var plain = shortest.Contains('E', StringComparison.Ordinal) ? value.ToString("F" + Math.Max(0, 17 - exponent), CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.') : shortest;
            return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
        }

        var mantissa = Mantissa(shortest);
        return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    /// <summary>Of the first significant digit, in either form that .NET writes.</summary>
    private static int Exponent(string shortest)
    {
        var end = shortest.IndexOf('E', StringComparison.Ordinal);
        if (end >= 0)
            return int.Parse(shortest.AsSpan(end + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var digits = shortest.TrimStart('-');
        var point = digits.IndexOf('.', StringComparison.Ordinal) is var found and >= 0 ? found : digits.Length;
        var first = digits.AsSpan().IndexOfAnyInRange('1', '9');
        return first < 0 ? 0 : first < point ? point - first - 1 : point - first;
    }

    /// <summary>The significant digits with one before the point, from either form that .NET writes.</summary>
    private static string Mantissa(string shortest)
    {
        var sign = shortest[0] == '-' ? "-" : "";
        var end = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = new string([.. (end < 0 ? shortest : shortest[..end]).Where(char.IsAsciiDigit)]).TrimStart('0').TrimEnd('0');
        return sign + (digits.Length > 1 ? digits[..1] + "." + digits[1..] : digits);
    }

    private static void Write(JinjaValue value, StringBuilder text, ref bool input, JinjaBudget budget)
    {
        budget.Characters(text.Length);
        switch (value)
        {
            case NoneValue:
                text.Append("None");
                break;
            case BooleanValue truth:
                text.Append(truth.IsTrue ? "True" : "False");
                break;
            case IntegerValue number:
                text.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue number:
                text.Append(Number(number.Value));
                break;
            case TextValue quoted:
                input |= quoted.Text.HasInput;
                Quote(quoted.Text.Text, text);
                break;
            case ListValue { IsPlain: true } list:
                WriteList(list, text, ref input, budget);
                break;
            case DictionaryValue dictionary:
                WriteDictionary(dictionary, text, ref input, budget);
                break;
            case UndefinedValue:
                text.Append("Undefined");
                break;
            default:
                // Python would write an address or the name of a class of its own: no template means to.
                throw new JinjaException(JinjaError.Type, budget.Line, $"A value of type {value.TypeName} cannot be written out");
        }
    }

    private static void WriteList(ListValue list, StringBuilder text, ref bool input, JinjaBudget budget)
    {
        var isTuple = list.Kind == ListKind.Tuple;
        text.Append(isTuple ? '(' : '[');
        for (var i = 0; i < list.Items.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Write(list.Items[i], text, ref input, budget);
        }

        text.Append(isTuple && list.Items.Count == 1 ? "," : "").Append(isTuple ? ')' : ']');
    }

    private static void WriteDictionary(DictionaryValue dictionary, StringBuilder text, ref bool input, JinjaBudget budget)
    {
        text.Append('{');
        for (var i = 0; i < dictionary.Entries.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Write(dictionary.Entries[i].Key, text, ref input, budget);
            text.Append(": ");
            Write(dictionary.Entries[i].Item, text, ref input, budget);
        }

        text.Append('}');
    }

    private static void Quote(string value, StringBuilder text)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (var rune in value.EnumerateRunes())
        {
            text.Append(rune.Value switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\\' => "\\\\",
                var c when c == quote => "\\" + quote,
                < 0x20 or 0x7f => $"\\x{rune.Value:x2}",
                _ => IsPrintable(rune) ? rune.ToString() : rune.Value switch { <= 0xff => $"\\x{rune.Value:x2}", <= 0xffff => $"\\u{rune.Value:x4}", _ => $"\\U{rune.Value:x8}" },
            });
        }

        text.Append(quote);
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
