using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>
/// A choice's prompt, shown as the beginning of its text, with the probabilities of its tokens where it was scored: what happens
/// to the choice is changed so before anything else looks at it.
/// </summary>
/// <param name="prompt">As its request has it; empty where it is not echoed.</param>
internal sealed class EchoedPrompt(PromptText prompt)
{
    private bool _shown;

    /// <summary>Nothing is echoed.</summary>
    public static EchoedPrompt None => new(new PromptText("", 0, 0));

    public PromptText Prompt => prompt;

    public static async Task<EchoedPrompt> ReadAsync(IRequestGrain request) => new(await request.Prompt());

    /// <summary>The prompt comes with what is shown first, and with the whole.</summary>
    public AnswerEvent Before(AnswerEvent happened)
    {
        if (prompt.Tokens == 0)
            return happened;
        var isFirst = !_shown && (happened.Text.Length > 0 || happened.Logprobs.Count > 0 || happened.PromptLogprobs.Count > 0);
        _shown |= isFirst;
        return happened with
        {
            Text = isFirst ? prompt.Text + happened.Text : happened.Text,
            Logprobs = isFirst ? [.. happened.PromptLogprobs, .. happened.Logprobs] : happened.Logprobs,
            End = happened.End is { IsGiven: true } end ? end with { Text = prompt.Text + end.Text, Logprobs = [.. end.PromptLogprobs, .. end.Logprobs] } : happened.End,
        };
    }
}
