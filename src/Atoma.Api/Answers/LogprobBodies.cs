using System.Globalization;
using System.Text;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers;

/// <summary>Probabilities of the tokens of a chat answer or of a piece of it.</summary>
internal sealed record ChatLogprobs(IReadOnlyList<ChatTokenLogprob> Content);

/// <param name="Token">Its text.</param>
/// <param name="Logprob">ln p, 0 to -32.</param>
/// <param name="Bytes">Its UTF-8 bytes, maybe part of a character; null for a special token.</param>
/// <param name="TopLogprobs">The likeliest tokens at its place.</param>
internal sealed record ChatTokenLogprob(string Token, double Logprob, IReadOnlyList<int>? Bytes, IReadOnlyList<ChatTopLogprob> TopLogprobs);

internal sealed record ChatTopLogprob(string Token, double Logprob, IReadOnlyList<int>? Bytes);

/// <summary>Probabilities of the tokens of a completion or of a piece of it, as lists side by side.</summary>
/// <param name="Tokens">Their texts; those of an echoed prompt come first.</param>
/// <param name="TokenLogprobs">ln p of each; null for a prompt's first.</param>
/// <param name="TopLogprobs">The likeliest at each place with ln p, the token itself included; null for a prompt's first.</param>
/// <param name="TextOffset">Characters (Unicode code points) of the text before each; tokens that together make one character all have its.</param>
internal sealed record TextLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<double?> TokenLogprobs, IReadOnlyList<Dictionary<string, double>?> TopLogprobs, IReadOnlyList<int> TextOffset);

/// <summary>Probabilities to be shown with a text.</summary>
/// <param name="Tokens">In order.</param>
/// <param name="Top">How many of the likeliest.</param>
/// <param name="Offsets">Where each stands in the text.</param>
internal sealed record ShownLogprobs(IReadOnlyList<TokenLogprobs> Tokens, int Top, IReadOnlyList<int> Offsets)
{
    /// <summary>Of a whole choice; null where none were asked for.</summary>
    public static ShownLogprobs? Of(GivenChoice given, int? top) => top is { } shown ? new ShownLogprobs(given.End.Logprobs, shown, given.Offsets) : null;

    public ChatLogprobs ForChat() => new([.. Tokens.Select(t => new ChatTokenLogprob(
        Text(t.Chosen), Value(t.Chosen), Bytes(t.Chosen), [.. t.Top.Take(Top).Select(o => new ChatTopLogprob(Text(o), Value(o), Bytes(o)))]))]);

    public TextLogprobs ForText() => new(
        [.. Tokens.Select(t => Text(t.Chosen))], [.. Tokens.Select(t => IsScored(t) ? Value(t.Chosen) : (double?)null)],
        [.. Tokens.Select(t => IsScored(t) ? Likeliest(t) : null)], Offsets);

    private static bool IsScored(TokenLogprobs token) => token.Chosen.Quanta != TokenLogprob.Unscored;

    /// <summary>By text; tokens of one text (parts of characters) share an entry, the likelier one's.</summary>
    private Dictionary<string, double> Likeliest(TokenLogprobs token)
    {
        var map = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var other in token.Top.Take(Top).Append(token.Chosen))
            map.TryAdd(Text(other), Value(other));
        return map;
    }

    /// <summary>A special token has no text; its id stands for it.</summary>
    private static string Text(TokenLogprob token) =>
        token.Bytes.Length > 0 ? Encoding.UTF8.GetString(token.Bytes) : $"token_id:{token.Token.ToString(CultureInfo.InvariantCulture)}";

    // Not −0, which JSON would show.
    private static double Value(TokenLogprob token) => token.Quanta == 0 ? 0 : -(double)token.Quanta / VerificationLimits.QuantaPerNat;

    private static int[]? Bytes(TokenLogprob token) => token.Bytes.Length > 0 ? [.. token.Bytes.Select(b => (int)b)] : null;
}
