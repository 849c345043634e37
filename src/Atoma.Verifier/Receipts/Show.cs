using System.Globalization;

namespace Atoma.Verifier.Receipts;

/// <summary>How values are shown.</summary>
internal static class Show
{
    private const int Head = 10;
    private const int Tail = 4;

    /// <summary>With a space between thousands.</summary>
    public static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202F');

    /// <summary>The two ends of a hash or address; the whole of it is in the cell's title.</summary>
    public static string Short(object value)
    {
        var text = value.ToString()!;
        return text.Length <= Head + Tail + 1 ? text : $"{text[..Head]}…{text[^Tail..]}";
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture);
}
