using System.Globalization;
using System.Text;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>strftime in the C locale, the codes that templates use.</summary>
internal static class PythonTime
{
    public static string Format(string format, DateTimeOffset at, JinjaCall call)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            var noPadding = i + 1 < format.Length && format[i + 1] == '-';
            i += noPadding ? 2 : 1;
            var part = Part(i < format.Length ? format[i] : ' ', at)
                ?? throw new JinjaException(JinjaError.Unknown, call.Budget.Line, $"The time format '{format}' is not offered");
            text.Append(noPadding ? part.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : part);
        }

        return text.ToString();
    }

    private static string? Part(char code, DateTimeOffset at)
    {
        return code switch
        {
            'Y' => Of("yyyy"),
            'y' => Of("yy"),
            'm' => Of("MM"),
            'd' => Of("dd"),
            'B' => Of("MMMM"),
            'b' or 'h' => Of("MMM"),
            'A' => Of("dddd"),
            'a' => Of("ddd"),
            'H' => Of("HH"),
            'I' => Of("hh"),
            'M' => Of("mm"),
            'S' => Of("ss"),
            'p' => Of("tt"),
            'F' => Of("yyyy-MM-dd"),
            'T' => Of("HH:mm:ss"),
            'j' => at.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'Z' => "UTC",
            'z' => "+0000",
            '%' => "%",
            _ => null,
        };

        string Of(string pattern) => at.ToString(pattern, CultureInfo.InvariantCulture);
    }
}
