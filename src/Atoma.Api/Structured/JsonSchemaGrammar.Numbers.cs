using System.Globalization;
using System.Text.Json;

namespace Atoma.Api.Structured;

// Numbers between bounds, digit by digit.
internal sealed partial class JsonSchemaGrammar
{
    /// <summary>Largest whole number written: <see cref="GrammarText.DigitsMax"/> digits, all exact in a double.</summary>
    private const long WholeMax = 999_999_999_999_999;

    /// <summary>Digits of a fraction between bounds.</summary>
    private const int FractionMax = 9;

    /// <summary>One end of a range of magnitudes.</summary>
    private readonly record struct Bound(long Value, bool IsOpen);

    private static string Integer(JsonElement schema, string path)
    {
        var (low, high) = Bounds(schema, path, isInteger: true);
        var (first, last) = (low.IsOpen ? low.Value + 1 : low.Value, high.IsOpen ? high.Value - 1 : high.Value);
        if (first > last)
            throw new JsonSchemaException(path, "has bounds that no integer is between");
        var ranges = new List<string>();
        if (first < 0)
            ranges.Add($"\"-\" ({Whole(Math.Max(1, -last), -first)})");
        if (last >= 0)
            ranges.Add(Whole(Math.Max(0, first), last));
        return $"({string.Join(" | ", ranges)})";
    }

    private string Number(JsonElement schema, string path)
    {
        if (Keywords.First(k => k.Type == "number").Keywords.All(k => !schema.TryGetProperty(k, out _)))
            return _text.Of("number");
        var (low, high) = Bounds(schema, path, isInteger: false);
        if (low.Value > high.Value || (low.Value == high.Value && (low.IsOpen || high.IsOpen)))
            throw new JsonSchemaException(path, "has bounds that no number is between");
        var ranges = new List<string>();
        var zero = new Bound(0, IsOpen: false);
        if (low.Value < 0)
            ranges.Add($"\"-\" ({Magnitude(high.Value >= 0 ? new Bound(0, IsOpen: true) : new Bound(-high.Value, high.IsOpen), new Bound(-low.Value, low.IsOpen))})");
        if (high.Value > 0 || (high.Value == 0 && !high.IsOpen))
            ranges.Add(Magnitude(low.Value >= 0 ? low : zero, high));
        return $"({string.Join(" | ", ranges)})";
    }

    /// <summary>Numbers from 0 up between two whole bounds, with or without a fraction.</summary>
    private static string Magnitude(Bound low, Bound high)
    {
        // So many that a double still tells the number from the bound.
        var places = Math.Clamp(GrammarText.DigitsMax - Digits10(high.Value).Length, 1, FractionMax);
        var fraction = $"(\".\" [0-9]{{1,{places}}})?";
        var zeros = $"(\".\" \"0\"{{1,{places}}})?";
        var notZero = $"\".\" ({string.Join(" | ", Enumerable.Range(0, places).Select(z => $"\"{new string('0', z)}\" [1-9] [0-9]{{0,{places - 1 - z}}}"))})";
        var alternatives = new List<string>();
        if (low.Value == high.Value)
            return $"{Digits(low.Value)} {zeros}";
        if (low.IsOpen)
            alternatives.Add($"{Digits(low.Value)} {notZero}");
        var first = low.IsOpen ? low.Value + 1 : low.Value;
        if (first < high.Value)
            alternatives.Add($"({Whole(first, high.Value - 1)}) {fraction}");
        if (!high.IsOpen)
            alternatives.Add($"{Digits(high.Value)} {zeros}");
        return string.Join(" | ", alternatives);
    }

    private static (Bound Low, Bound High) Bounds(JsonElement schema, string path, bool isInteger)
    {
        var low = Tighter(Read("minimum", isOpen: false), Read("exclusiveMinimum", isOpen: true), isLow: true) ?? new Bound(-WholeMax, IsOpen: false);
        var high = Tighter(Read("maximum", isOpen: false), Read("exclusiveMaximum", isOpen: true), isLow: false) ?? new Bound(WholeMax, IsOpen: false);
        return (low, high);

        Bound? Read(string keyword, bool isOpen)
        {
            if (!schema.TryGetProperty(keyword, out var value))
                return null;
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var number) || Math.Abs(number) > WholeMax)
                throw new JsonSchemaException(Join(path, keyword), $"must be a number between -{WholeMax} and {WholeMax}");
            if (decimal.IsInteger(number))
                return new Bound((long)number, isOpen);
            if (!isInteger)
                throw new JsonSchemaException(Join(path, keyword), "must be a whole number");
            // Between whole numbers it does not matter whether the bound itself counts.
            return new Bound((long)(keyword.EndsWith("inimum", StringComparison.Ordinal) ? Math.Ceiling(number) : Math.Floor(number)), IsOpen: false);
        }
    }

    private static Bound? Tighter(Bound? closed, Bound? open, bool isLow)
    {
        if (closed is not { } a || open is not { } b)
            return closed ?? open;
        if (a.Value == b.Value)
            return b;
        return (a.Value > b.Value) == isLow ? a : b;
    }

    /// <summary>Whole numbers from one to another, both ≥ 0, without leading zeros.</summary>
    private static string Whole(long first, long last)
    {
        var alternatives = new List<string>();
        for (var (length, low) = (Digits10(first).Length, first); low <= last; length++)
        {
            var most = Math.Min(last, (long)Math.Pow(10, length) - 1);
            alternatives.Add(SameLength(Digits10(low), Digits10(most)));
            low = most + 1;
        }

        return string.Join(" | ", alternatives);
    }

    private static string SameLength(string low, string high)
    {
        if (low.Length == 0)
            return "";
        if (low.All(c => c == '0') && high.All(c => c == '9'))
            return $"[0-9]{{{low.Length}}}";
        if (low[0] == high[0])
            return $"\"{low[0]}\" {Group(SameLength(low[1..], high[1..]))}";
        var (zeros, nines) = (new string('0', low.Length - 1), new string('9', low.Length - 1));
        var (from, to) = (low[1..] == zeros ? low[0] : (char)(low[0] + 1), high[1..] == nines ? high[0] : (char)(high[0] - 1));
        var alternatives = new List<string>();
        if (from != low[0])
            alternatives.Add($"\"{low[0]}\" {Group(SameLength(low[1..], nines))}");
        if (from <= to)
            alternatives.Add($"[{from}-{to}]{(zeros.Length == 0 ? "" : $" [0-9]{{{zeros.Length}}}")}");
        if (to != high[0])
            alternatives.Add($"\"{high[0]}\" {Group(SameLength(zeros, high[1..]))}");
        return string.Join(" | ", alternatives);
    }

    private static string Group(string alternatives) => alternatives.Contains('|', StringComparison.Ordinal) ? $"({alternatives})" : alternatives;

    private static string Digits(long value) => $"\"{Digits10(value)}\"";

    private static string Digits10(long value) => value.ToString(CultureInfo.InvariantCulture);
}
