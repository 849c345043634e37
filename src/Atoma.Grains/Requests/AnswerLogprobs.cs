using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>Probabilities of an answer's tokens as it grows: each is shown with the text it belongs to, none for text that is held back or cut off.</summary>
internal sealed class AnswerLogprobs(ITokenizer tokenizer)
{
    private readonly List<PositionEvidence> _waiting = [];
    private int _shown;

    public void Add(IReadOnlyList<PositionEvidence> shown) => _waiting.AddRange(shown);

    /// <summary>What can be shown now beyond what was.</summary>
    /// <param name="tokens">Tokens whose text is shown.</param>
    public IReadOnlyList<TokenLogprobs> Take(int tokens)
    {
        var count = Math.Clamp(tokens - _shown, 0, _waiting.Count);
        TokenLogprobs[] taken = [.. _waiting.Take(count).Select(p => Of(p, tokenizer))];
        _waiting.RemoveRange(0, count);
        _shown += count;
        return taken;
    }

    public static TokenLogprobs Of(PositionEvidence position, ITokenizer tokenizer) =>
        new(Of(position.Entries[0], tokenizer), position.Likeliest.Select(e => Of(e, tokenizer)).ToArray());

    /// <summary>A scored prompt's tokens; the first has no probability.</summary>
    /// <param name="prompt">Its tokens.</param>
    /// <param name="scores">Of all but the first; none where it was not scored, and then nothing is shown of it.</param>
    /// <param name="parameters">Whether it was to be scored.</param>
    /// <param name="tokenizer">For the tokens' bytes.</param>
    public static IReadOnlyList<TokenLogprobs> OfPrompt(
        IReadOnlyList<int> prompt, IReadOnlyList<TranscriptChunk> scores, SamplingParameters parameters, ITokenizer tokenizer) =>
        !parameters.ScorePrompt ? [] :
        [
            new TokenLogprobs(new TokenLogprob(prompt[0], tokenizer.TokenBytes(prompt[0]), TokenLogprob.Unscored), []),
            .. scores.SelectMany(c => c.Positions).Select(p => Of(p, tokenizer)),
        ];

    private static TokenLogprob Of(EvidenceEntry entry, ITokenizer tokenizer) => new(entry.Token, tokenizer.TokenBytes(entry.Token), entry.Quanta);
}
