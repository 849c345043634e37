using System.Text;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;

namespace Atoma.Grains.Requests;

/// <summary>Turns a prompt's tokens back into its text.</summary>
internal static class PromptTexts
{
    public static PromptText Of(IReadOnlyList<int> prompt, ITokenizer tokenizer)
    {
        var text = Text(prompt, tokenizer);
        var blanks = text.StartsWith(' ') && Text(tokenizer.Tokenize("a"), tokenizer).StartsWith(' ') ? 1 : 0;
        return new PromptText(text[blanks..], prompt.Count, blanks);
    }

    private static string Text(IEnumerable<int> tokens, ITokenizer tokenizer) => Encoding.UTF8.GetString([.. tokens.SelectMany(tokenizer.TokenBytes)]);
}
