using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Security;

/// <summary>Rate limits of keys, with the headers that OpenAI's clients read.</summary>
internal sealed class Traffic(IGrainFactory grains, ApiKeys keys, Limits limits)
{
    /// <summary>Characters that count as a token before the tokenizer has seen them, as OpenAI counts.</summary>
    private const int CharactersPerToken = 4;

    /// <summary>Takes what the question will ask for; null when the key may go on.</summary>
    public async Task<ApiError?> TakeAsync(HttpContext context, Question question)
    {
        var hash = context.User.KeyHash();
        var key = await keys.FindAsync(hash);
        var reply = await grains.GetGrain<ITrafficGrain>(Keys.Traffic(hash)).Take(new TrafficCall(
            question.Choices, Tokens(question), key?.Limits.RequestsPerMinute ?? limits.RequestsPerMinute, key?.Limits.TokensPerMinute ?? limits.TokensPerMinute));
        Show(context.Response.Headers, "requests", reply.Requests);
        Show(context.Response.Headers, "tokens", reply.Tokens);
        if (reply.Allowed)
            return null;
        var (what, level) = reply.Requests.RetryAfter > reply.Tokens.RetryAfter ? ("requests", reply.Requests) : ("tokens", reply.Tokens);
        context.Response.Headers["retry-after-ms"] = ((long)Math.Ceiling(level.RetryAfter.TotalMilliseconds)).ToString();
        return OpenAiErrors.TooMany(what, level.Limit, (int)Math.Ceiling(level.RetryAfter.TotalSeconds));
    }

    /// <summary>An upper bound, before anything is counted: what the prompt may have and what the answers may have.</summary>
    private int Tokens(Question question)
    {
        long characters = question.Prompts.Sum(p => (long)(p.Text?.Length ?? 0) + CharactersPerToken * (long)p.Tokens.Count) / Math.Max(1, question.Prompts.Count) + question.Messages.Sum(m => (long)m.Content.Length) + question.Inputs.Sum(i => (long)(i.Text?.Length ?? 0));
        var answer = question.MaxTokens > 0 ? question.MaxTokens : limits.AssumedAnswerTokens;
        var tokens = characters / CharactersPerToken + question.Inputs.Sum(i => (long)i.Tokens.Count) + (question.Inputs.Count > 0 ? 0 : answer);
        return (int)Math.Min(int.MaxValue, Math.Max(1, tokens) * question.Choices);
    }

    private static void Show(IHeaderDictionary headers, string what, TrafficLevel level)
    {
        headers["x-ratelimit-limit-" + what] = level.Limit.ToString();
        headers["x-ratelimit-remaining-" + what] = level.Remaining.ToString();
        headers["x-ratelimit-reset-" + what] = Duration(level.Reset);
    }

    /// <summary>As OpenAI writes it: 12ms, 1.5s, 1m0s.</summary>
    internal static string Duration(TimeSpan time)
    {
        var ms = (long)Math.Ceiling(time.TotalMilliseconds);
        if (ms < 1000)
            return FormattableString.Invariant($"{ms}ms");
        return ms < 60_000 ? FormattableString.Invariant($"{ms / 1000.0:0.###}s") : FormattableString.Invariant($"{ms / 60_000}m{ms % 60_000 / 1000.0:0.###}s");
    }
}
