using System.Text;
using Atoma.Protocol.Models;

namespace Atoma.Grains.Requests;

/// <summary>
/// Text of an answer as it grows. Bytes of a character split over tokens wait for each other; text that may be the start of a
/// stop text waits until it is not; nothing from a stop text or a stop token on is shown.
/// </summary>
internal sealed class AnswerText(ITokenizer tokenizer, IReadOnlyList<string> stops, IReadOnlyList<int> stopTokens)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _text = new();
    private int _shown;
    private bool _stopped;

    /// <summary>Everything that may be shown so far.</summary>
    public string Shown => _text.ToString(0, _shown);

    /// <summary>Adds tokens; returns what can be shown now beyond what was.</summary>
    public string Add(IReadOnlyList<int> tokens)
    {
        foreach (var token in tokens.TakeWhile(t => !stopTokens.Contains(t)))
            Append(tokenizer.TokenBytes(token), flush: false);
        return Show(final: false);
    }

    /// <summary>The answer is complete: returns what was held back.</summary>
    public string Finish()
    {
        Append([], flush: true);
        return Show(final: true);
    }

    private void Append(byte[] bytes, bool flush)
    {
        var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length + 4)];
        var count = _decoder.GetChars(bytes, characters, flush);
        _text.Append(characters, 0, count);
    }

    private string Show(bool final)
    {
        if (_stopped)
            return "";
        var fresh = _text.ToString(_shown, _text.Length - _shown);
        var upTo = fresh.Length;
        foreach (var stop in stops)
        {
            var found = fresh.IndexOf(stop, StringComparison.Ordinal);
            if (found >= 0 && found < upTo)
            {
                upTo = found;
                _stopped = true;
            }
        }

        if (!_stopped && !final)
            upTo -= HeldBack(fresh);
        _shown += upTo;
        return fresh[..upTo];
    }

    /// <summary>Length of the longest end of the text that is the start of a stop text.</summary>
    private int HeldBack(string fresh)
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, fresh.Length); length > longest; length--)
            {
                if (fresh.EndsWith(stop[..length], StringComparison.Ordinal))
                    longest = length;
            }
        }

        return longest;
    }
}
