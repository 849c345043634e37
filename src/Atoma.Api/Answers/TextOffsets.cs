using System.Text;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>
/// Where tokens stand in a text, in characters as OpenAI counts them (Unicode code points): of each token, how many are complete
/// before it. So tokens that together make one character all stand where it does.
/// </summary>
/// <param name="echo">The prompt that the text begins with.</param>
internal sealed class TextOffsets(EchoedPrompt echo)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private int _at = -echo.Prompt.Blanks;
    private int _tokens;

    /// <summary>Offsets of the next tokens.</summary>
    public int[] Next(IReadOnlyList<TokenLogprobs> tokens)
    {
        var offsets = new int[tokens.Count];
        for (var i = 0; i < offsets.Length; i++)
        {
            // The answer's text is decoded by itself: half a character at the prompt's end stays one.
            if (_tokens == echo.Prompt.Tokens)
                Count([], flush: true);
            offsets[i] = Math.Max(0, _at);
            Count(tokens[i].Chosen.Bytes, flush: false);
            _tokens++;
        }

        return offsets;
    }

    private void Count(byte[] bytes, bool flush)
    {
        var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        foreach (var c in characters.AsSpan(0, _decoder.GetChars(bytes, characters, flush)))
            _at += char.IsLowSurrogate(c) ? 0 : 1;
    }
}
