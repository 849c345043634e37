using System.Globalization;
using System.Text;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Backslash sequences of a text literal, as Python reads them; an unknown one stays as it is written.</summary>
internal static class JinjaEscapes
{
    private const string Plain = "abfnrtv\\'\"";
    private const string Meant = "\a\b\f\n\r\t\v\\'\"";

    public static string Read(string literal)
    {
        if (!literal.Contains('\\', StringComparison.Ordinal))
            return literal;
        var text = new StringBuilder();
        for (var at = 0; at < literal.Length; at++)
        {
            if (literal[at] != '\\' || at + 1 == literal.Length)
            {
                text.Append(literal[at]);
                continue;
            }

            at++;
            var code = literal[at];
            if (Plain.IndexOf(code, StringComparison.Ordinal) is var index and >= 0)
                text.Append(Meant[index]);
            else if (code == '\n')
                continue;
            else if (Digits(code) is var digits and > 0 && Hex(literal, at + 1, digits) is { } rune)
                (at, _) = (at + digits, text.Append(rune));
            else if (code is >= '0' and <= '7')
                text.Append(Octal(literal, ref at));
            else
                text.Append('\\').Append(code);
        }

        return text.ToString();
    }

    private static int Digits(char code) => code switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };

    private static string? Hex(string literal, int start, int digits)
    {
        if (start + digits > literal.Length || !uint.TryParse(literal.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            return null;
        return Rune.TryCreate(value, out var rune) ? rune.ToString() : value <= char.MaxValue ? ((char)value).ToString() : null;
    }

    private static char Octal(string literal, ref int at)
    {
        var value = 0;
        var end = Math.Min(at + 3, literal.Length);
        for (; at < end && literal[at] is >= '0' and <= '7'; at++)
            value = value * 8 + (literal[at] - '0');
        at--;
        return (char)value;
    }
}
