using System.Text;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>
/// Where tokens stand in a text, in characters as OpenAI counts them (Unicode code points): of each token, how many are complete
/// before it. So tokens that together make one character all stand where it does.
/// </summary>
internal sealed class TextOffsets
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private int _at;

    /// <summary>Offsets of the next tokens.</summary>
    public int[] Next(IReadOnlyList<TokenLogprobs> tokens)
    {
        var offsets = new int[tokens.Count];
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = _at;
            var bytes = tokens[i].Chosen.Bytes;
            var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
            _at += CodePoints(characters.AsSpan(0, _decoder.GetChars(bytes, characters, flush: false)));
        }

        return offsets;
    }

    /// <summary>Offsets of a prompt's tokens in the prompt as it was sent; what follows stands behind it.</summary>
    public int[] OfPrompt(string text, IReadOnlyList<TokenLogprobs> tokens)
    {
        var offsets = Next(tokens);
        var length = CodePoints(text);
        // Some tokenizers put a blank before the text.
        var ahead = _at > length && Encoding.UTF8.GetString([.. tokens.SelectMany(t => t.Chosen.Bytes)]).EndsWith(text, StringComparison.Ordinal) ? _at - length : 0;
        _at = length;
        _decoder.Reset();
        return [.. offsets.Select(o => Math.Clamp(o - ahead, 0, length))];
    }

    private static int CodePoints(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c))
                count--;
        }

        return count;
    }
}
