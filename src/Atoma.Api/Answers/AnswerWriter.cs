using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>
/// Writes one answer to one client: whole, or as server-sent events that carry their <see cref="StreamPosition"/>. What the client
/// has seen already is not sent again. Choices may write at the same time.
/// </summary>
internal sealed class AnswerWriter(HttpContext context, IAnswerShape shape, AnswerHead head, OpenAnswer answer, StreamPosition seen, bool streaming, EventStream events, AnswerMeter meter)
{
    private readonly ChoiceOutcome?[] _outcomes = new ChoiceOutcome?[answer.Choices.Count];

    /// <summary>Whether events are sent, not one body.</summary>
    public bool Streaming => streaming;

    /// <summary>What the client has of a choice.</summary>
    public ChoicePosition Seen(int choice) => seen[choice];

    /// <param name="choice">Which.</param>
    /// <param name="text">All that comes next, also what the client has.</param>
    /// <param name="start">Characters before it.</param>
    /// <param name="logprobs">Probabilities that come with it.</param>
    /// <param name="logprobsStart">Tokens before them.</param>
    /// <param name="offsets">Where each token stands in the text.</param>
    public async Task PieceAsync(int choice, string text, int start, IReadOnlyList<TokenLogprobs> logprobs, int logprobsStart, IReadOnlyList<int> offsets)
    {
        using var turn = await events.EnterAsync();
        var position = seen[choice];
        var skipped = Math.Clamp(position.Characters - start, 0, text.Length);
        var skippedTokens = answer.Form.Logprobs is null ? logprobs.Count : Math.Clamp(position.Tokens - logprobsStart, 0, logprobs.Count);
        if (skipped == text.Length && skippedTokens == logprobs.Count)
            return;
        meter.FirstToken();
        await StartAsync(choice);
        seen[choice] = seen[choice] with
        {
            Characters = start + text.Length,
            Tokens = answer.Form.Logprobs is null ? 0 : logprobsStart + logprobs.Count,
        };
        var shown = answer.Form.Logprobs is { } top ? new ShownLogprobs([.. logprobs.Skip(skippedTokens)], top, [.. offsets.Skip(skippedTokens)]) : null;
        await EventAsync(shape.Piece(head, choice, text[skipped..], shown));
        await events.FlushAsync();
    }

    /// <summary>A choice has ended. What is still to be said of it is said now; what is to be said of all of them, by <see cref="CompleteAsync"/>.</summary>
    public async Task EndAsync(ChoiceOutcome outcome)
    {
        using var turn = await events.EnterAsync();
        _outcomes[outcome.Choice] = outcome;
        meter.Ended(outcome.End, outcome.Error?.Code);
        if (!streaming || outcome.Given is not { } given)
            return;
        var choice = outcome.Choice;
        await StartAsync(choice);
        if (given.Answer.Calls.Count > 0 && !seen[choice].Called)
        {
            seen[choice] = seen[choice] with { Called = true };
            await EventAsync(shape.Calls(head, choice, outcome.Request, given.Answer.Calls));
        }

        if (!seen[choice].Finished)
        {
            seen[choice] = seen[choice] with { Finished = true };
            var isLast = Array.TrueForAll(_outcomes, o => o is not null);
            await EventAsync(shape.Finish(head, choice, given.FinishReason, isLast && !answer.Form.IncludeUsage ? Atoma() : null));
            await events.FlushAsync();
        }
    }

    /// <summary>All choices have ended. Those that failed cost nothing; they are left out of a whole answer and said at the end of a stream.</summary>
    public async Task CompleteAsync()
    {
        var failed = Array.Find(_outcomes, o => o!.Error is not null)?.Error;
        var hasAnswer = Array.Exists(_outcomes, o => o!.Given is not null);
        if (failed is not null)
            failed = failed with { Atoma = _outcomes.Length > 1 ? Atoma() : failed.Atoma };
        if (failed is not null && (streaming || !hasAnswer))
        {
            await ErrorAsync(failed, hasAnswer);
        }
        else if (streaming)
        {
            using var turn = await events.EnterAsync();
            await UsageAsync();
            await events.EndAsync();
        }
        else
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            var body = shape.Whole(head, [.. _outcomes.Where(o => o!.Given is not null).Select(o => o!)], answer.Form.Logprobs, Usage(), Atoma());
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>An error as status and body, or as an event when events were sent already.</summary>
    public async Task ErrorAsync(ApiError error, bool afterUsage = false)
    {
        using var turn = await events.EnterAsync();
        if (!events.Started)
        {
            await error.ExecuteAsync(context);
            return;
        }

        if (afterUsage)
            await UsageAsync();
        await events.WriteAsync(id: null, JsonSerializer.SerializeToUtf8Bytes(error.Body, ApiJson.Web.ErrorBody));
        await events.EndAsync();
    }

    private async Task StartAsync(int choice)
    {
        if (seen[choice].Started)
            return;
        seen[choice] = seen[choice] with { Started = true };
        if (shape.First(head, choice) is { } first)
            await EventAsync(first);
    }

    private async Task UsageAsync()
    {
        if (!answer.Form.IncludeUsage || seen.UsageSent)
            return;
        seen.UsageSent = true;
        await EventAsync(shape.Usage(head, Usage(), Atoma()));
    }

    private Task EventAsync(byte[] json) => events.WriteAsync(seen.ToString(), json);

    /// <summary>Of all requests that were paid, each with its own prompt.</summary>
    private UsageBody Usage()
    {
        AnswerEnd[] ends = [.. _outcomes.Select(o => o!.Given?.End).OfType<AnswerEnd>()];
        var (prompt, output) = (ends.Sum(e => e.PromptTokens), ends.Sum(e => e.OutputTokens));
        return new UsageBody(prompt, output, prompt + output);
    }

    private AtomaBody Atoma() => AtomaBody.Of([.. _outcomes.Select(o => o!)]);
}
