using System.Collections.Immutable;
using System.Text;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>
/// A text that remembers which of its characters the template wrote and which came from the request. What a request brings
/// must never become a control token, however a template cuts, joins and trims it.
/// </summary>
internal sealed class MarkedText
{
    public static readonly MarkedText Empty = new("", []);

    /// <summary>Positions, ascending, where the origin changes; a text starts as the template's.</summary>
    private readonly ImmutableArray<int> _borders;

    private MarkedText(string text, ImmutableArray<int> borders) => (Text, _borders) = (text, borders);

    public string Text { get; }

    public int Length => Text.Length;

    /// <summary>Whether any of it came from the request.</summary>
    public bool HasInput => !_borders.IsEmpty;

    public static MarkedText Template(string text) => text.Length == 0 ? Empty : new MarkedText(text, []);

    public static MarkedText Input(string text) => text.Length == 0 ? Empty : new MarkedText(text, [0]);

    /// <summary>All of it from one origin: for results that cannot be followed character by character.</summary>
    public static MarkedText Of(string text, bool input) => input ? Input(text) : Template(text);

    public static MarkedText operator +(MarkedText left, MarkedText right)
    {
        var builder = new Builder();
        builder.Append(left);
        builder.Append(right);
        return builder.ToText();
    }

    /// <summary>Whether any character of [start, end) came from the request.</summary>
    public bool IsInput(int start, int end)
    {
        var at = _borders.BinarySearch(start);
        // Borders at or before the start: an odd number of them makes it the request's.
        var before = at >= 0 ? at + 1 : ~at;
        return (before % 2 == 1 && start < end) || (before < _borders.Length && _borders[before] < end);
    }

    public MarkedText Slice(int start, int length)
    {
        if (length <= 0)
            return Empty;
        if (length == Text.Length)
            return this;
        if (_borders.IsEmpty)
            return new MarkedText(Text.Substring(start, length), []);
        var borders = ImmutableArray.CreateBuilder<int>();
        if (IsInput(start, start + 1))
            borders.Add(0);
        foreach (var border in _borders)
        {
            if (border > start && border < start + length)
                borders.Add(border - start);
        }

        return new MarkedText(Text.Substring(start, length), borders.ToImmutable());
    }

    /// <summary>Another text of the same length, character for character of the same origin.</summary>
    public MarkedText With(string text) => text.Length == Length ? new MarkedText(text, _borders) : Of(text, HasInput);

    public MarkedText Trim(Func<char, bool> drop, bool start, bool end)
    {
        var (from, to) = (0, Length);
        while (start && from < to && drop(Text[from]))
            from++;
        while (end && to > from && drop(Text[to - 1]))
            to--;
        return Slice(from, to - from);
    }

    public override string ToString() => Text;

    /// <summary>Joins texts without copying what is already there.</summary>
    public sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly ImmutableArray<int>.Builder _borders = ImmutableArray.CreateBuilder<int>();

        public int Length => _text.Length;

        public void Append(MarkedText part)
        {
            if (part.Length == 0)
                return;
            // Where one part ends and the next begins with the same origin there is no border.
            var inside = _borders.Count % 2 == 1;
            var starts = part._borders is [0, ..];
            if (inside != starts)
                _borders.Add(_text.Length);
            foreach (var border in part._borders)
            {
                if (border > 0)
                    _borders.Add(_text.Length + border);
            }

            _text.Append(part.Text);
        }

        public MarkedText ToText() => new(_text.ToString(), _borders.ToImmutable());
    }
}
