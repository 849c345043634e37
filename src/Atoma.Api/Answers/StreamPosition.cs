using System.Globalization;
using System.Text;

namespace Atoma.Api.Answers;

/// <summary>How much of one choice was sent.</summary>
/// <param name="Started">Anything at all.</param>
/// <param name="Characters">Characters of its content (UTF-16).</param>
/// <param name="Tokens">Tokens whose probabilities were sent.</param>
/// <param name="Called">Its calls of functions were sent.</param>
/// <param name="Finished">Its finish reason was sent.</param>
internal readonly record struct ChoicePosition(bool Started, int Characters, int Tokens, bool Called, bool Finished)
{
    public override string ToString()
    {
        if (!Started)
            return "-";
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Characters}");
        if (Tokens > 0)
            text.Append(CultureInfo.InvariantCulture, $".{Tokens}");
        return text.Append(Called ? "c" : "").Append(Finished ? "f" : "").ToString();
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ChoicePosition position)
    {
        position = default;
        if (text is "-")
            return true;
        var finished = text is [.., 'f'];
        text = finished ? text[..^1] : text;
        var called = text is [.., 'c'];
        text = called ? text[..^1] : text;
        var dot = text.IndexOf('.');
        var tokens = 0;
        if (dot >= 0 && (!Number(text[(dot + 1)..], out tokens) || tokens == 0))
            return false;
        if (!Number(dot >= 0 ? text[..dot] : text, out var characters))
            return false;
        position = new ChoicePosition(true, characters, tokens, called, finished);
        return true;
    }

    private static bool Number(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>
/// The id of a server-sent event: how much of the answer a client has that has seen it. It counts in the answer, not in anybody's
/// memory of it, so it is good after any restart. <c>12.3_-</c>: of the first choice 12 characters and the probabilities of three
/// tokens, of the second nothing. <c>c</c> and <c>f</c> say that calls and finish reason were sent, a last <c>_u</c> the usage.
/// </summary>
internal sealed class StreamPosition(int choices)
{
    private const string UsageMark = "_u";

    private readonly ChoicePosition[] _choices = new ChoicePosition[choices];

    public bool UsageSent { get; set; }

    public ChoicePosition this[int choice]
    {
        get => _choices[choice];
        set => _choices[choice] = value;
    }

    public override string ToString() => string.Join('_', _choices) + (UsageSent ? UsageMark : "");

    /// <summary>False when it is no id of an event of an answer with so many choices.</summary>
    public static bool TryParse(string text, int choices, out StreamPosition position)
    {
        position = new StreamPosition(choices) { UsageSent = text.EndsWith(UsageMark, StringComparison.Ordinal) };
        var rest = position.UsageSent ? text[..^UsageMark.Length] : text;
        var parts = rest.Split('_', choices + 1);
        if (parts.Length != choices)
            return false;
        for (var i = 0; i < choices; i++)
        {
            if (!ChoicePosition.TryParse(parts[i], out position._choices[i]))
                return false;
        }

        return true;
    }
}
