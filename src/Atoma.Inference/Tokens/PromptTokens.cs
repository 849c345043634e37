using System.Buffers;
using System.Text;
using Atoma.Inference.Tokens.Jinja;

namespace Atoma.Inference.Tokens;

/// <summary>
/// Tokens of a rendered prompt. A control token that the template writes becomes that token; one that a request writes out
/// ("&lt;|im_end|&gt;" in a message), wholly or in part, stays text, or a user could speak as the system.
/// </summary>
internal sealed class PromptTokens(Vocabulary vocabulary)
{
    private readonly SearchValues<string> _controls = SearchValues.Create([.. vocabulary.ControlTexts], StringComparison.Ordinal);

    private readonly ILookup<char, string> _byFirst = vocabulary.ControlTexts.ToLookup(t => t[0]);

    private readonly record struct Place(int Start, int End);

    /// <exception cref="Atoma.Protocol.Models.PromptRefusedException">Too long.</exception>
    public int[] Of(MarkedText prompt)
    {
        var places = Find(prompt.Text);
        var written = places.Where(p => prompt.IsInput(p.Start, p.End)).ToArray();
        // The usual way: all at once, so that tokens fall as they did in training.
        if (written.Length == 0)
            return vocabulary.Tokenize(Encoding.UTF8.GetBytes(prompt.Text), addSpecial: true, parseSpecial: true);

        var tokens = new List<int>();
        foreach (var (start, end, parse) in Parts(prompt, Meant(prompt, places), written))
            tokens.AddRange(vocabulary.Tokenize(Encoding.UTF8.GetBytes(prompt.Text[start..end]), addSpecial: start == 0, parse));
        return [.. tokens];
    }

    private List<Place> Find(string text)
    {
        var places = new List<Place>();
        for (var at = 0; text.AsSpan(at).IndexOfAny(_controls) is var offset && offset >= 0; at++)
        {
            at += offset;
            foreach (var control in _byFirst[text[at]])
            {
                if (string.CompareOrdinal(text, at, control, 0, control.Length) == 0)
                    places.Add(new Place(at, at + control.Length));
            }
        }

        return places;
    }

    /// <summary>The control tokens that the template meant: the longest first, as llama.cpp looks for them.</summary>
    private static List<Place> Meant(MarkedText prompt, List<Place> places)
    {
        var meant = new SortedSet<Place>(Comparer<Place>.Create((a, b) => a.Start.CompareTo(b.Start)));
        foreach (var place in places.Where(p => !prompt.IsInput(p.Start, p.End)).OrderByDescending(p => p.End - p.Start).ThenBy(p => p.Start))
        {
            var before = meant.GetViewBetween(new Place(0, 0), place).Max;
            var after = meant.GetViewBetween(place, new Place(int.MaxValue, int.MaxValue)).Min;
            if (before.End <= place.Start && (after == default || after.Start >= place.End))
                meant.Add(place);
        }

        return [.. meant];
    }

    /// <summary>
    /// The prompt in parts that are cut only next to control tokens, where the tokenizer cuts too. A part that holds a written
    /// control token stands alone and is read as text; all between are read together.
    /// </summary>
    private static IEnumerable<(int Start, int End, bool Parse)> Parts(MarkedText prompt, List<Place> meant, Place[] written)
    {
        var (open, at) = (0, 0);
        var next = 0;
        foreach (var (start, end, isControl) in Pieces(meant, prompt.Length))
        {
            while (next < written.Length && written[next].End <= start)
                next++;
            var alone = next < written.Length && written.Skip(next).TakeWhile(w => w.Start < end).Any(w => w.End > start);
            if (!alone)
            {
                at = end;
                continue;
            }

            if (open < start)
                yield return (open, start, true);
            yield return (start, end, isControl);
            (open, at) = (end, end);
        }

        if (open < at)
            yield return (open, at, true);
    }

    private static IEnumerable<(int Start, int End, bool IsControl)> Pieces(List<Place> meant, int length)
    {
        var at = 0;
        foreach (var place in meant)
        {
            if (at < place.Start)
                yield return (at, place.Start, false);
            yield return (place.Start, place.End, true);
            at = place.End;
        }

        if (at < length)
            yield return (at, length, false);
    }
}
