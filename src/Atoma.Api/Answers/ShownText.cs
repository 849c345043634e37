using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>What one client is shown besides the answer's text: the prompt before it, where it asked for its echo, and probabilities.</summary>
internal sealed class ShownText(Question question)
{
    private readonly TextOffsets _offsets = new();
    private IReadOnlyList<TokenLogprobs> _prompt = [];

    /// <summary>The prompt is still to be shown.</summary>
    public bool OwesPrompt { get; private set; } = question.Echo.Length > 0;

    /// <summary>The prompt's text, to be followed by the answer's, with its probabilities where asked for.</summary>
    public (string Text, ShownLogprobs? Logprobs) Prompt(IReadOnlyList<TokenLogprobs> prompt)
    {
        OwesPrompt = false;
        _prompt = prompt;
        return (question.Echo, question.Logprobs is { } top ? new ShownLogprobs(prompt, top, _offsets.OfPrompt(question.Echo, prompt)) : null);
    }

    /// <summary>Probabilities of the next tokens of the answer; null where none were asked for.</summary>
    public ShownLogprobs? Next(IReadOnlyList<TokenLogprobs> tokens) =>
        question.Logprobs is { } top ? new ShownLogprobs(tokens, top, _offsets.Next(tokens)) : null;

    /// <summary>Probabilities of all that is shown, where it is shown at once.</summary>
    public ShownLogprobs? Whole(AnswerEnd end)
    {
        var prompt = OwesPrompt ? Prompt(end.PromptLogprobs).Logprobs : null;
        var answer = Next(end.Logprobs);
        return prompt is null || answer is null
            ? answer
            : answer with { Tokens = [.. prompt.Tokens, .. answer.Tokens], Offsets = [.. prompt.Offsets, .. answer.Offsets] };
    }

    /// <summary>Whether what was shown of the prompt is what was verified.</summary>
    public bool IsVerified(AnswerEnd end) => OwesPrompt || (_prompt.Count == end.PromptLogprobs.Count && StartWith(end.PromptLogprobs, _prompt));

    /// <summary>Whether the probabilities shown so far are those of the verified answer.</summary>
    public static bool StartWith(IReadOnlyList<TokenLogprobs> whole, IReadOnlyList<TokenLogprobs> start) =>
        start.Count <= whole.Count && start.Zip(whole).All(c => IsSame(c.First.Chosen, c.Second.Chosen) && c.First.Top.Count == c.Second.Top.Count
            && c.First.Top.Zip(c.Second.Top).All(t => IsSame(t.First, t.Second)));

    private static bool IsSame(TokenLogprob left, TokenLogprob right) => left.Token == right.Token && left.Quanta == right.Quanta;
}
