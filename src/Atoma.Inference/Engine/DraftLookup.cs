using System.Runtime.InteropServices;

namespace Atoma.Inference.Engine;

/// <summary>
/// Guesses how an answer goes on by what followed its last two tokens the last time they stood in prompt or output ("prompt
/// lookup decoding"). In invariant mode a row has the same bits whatever it is computed for, so a guess that proves right is
/// exactly what would have been generated, and one that does not costs nothing where the row was idle.
/// </summary>
internal sealed class DraftLookup
{
    private readonly List<int> _tokens;
    private readonly Dictionary<(int, int), int> _next = [];

    public DraftLookup(ReadOnlySpan<int> prompt)
    {
        _tokens = new List<int>(prompt.Length);
        foreach (var token in prompt)
            Add(token);
    }

    public void Add(int token)
    {
        // Known once something follows: the pair at the end must find an earlier one, not itself.
        if (_tokens.Count >= 2)
            _next[(_tokens[^2], _tokens[^1])] = _tokens.Count;
        _tokens.Add(token);
    }

    /// <summary>At most so many tokens, none where the last two are new; valid until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<int> Guess(int most) =>
        _tokens.Count >= 2 && _next.TryGetValue((_tokens[^2], _tokens[^1]), out var from)
            ? CollectionsMarshal.AsSpan(_tokens).Slice(from, Math.Min(most, _tokens.Count - from))
            : [];
}
