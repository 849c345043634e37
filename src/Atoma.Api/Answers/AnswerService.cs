using Atoma.Api.Answers.Tools;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Structured;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;
using Orleans.Runtime;

namespace Atoma.Api.Answers;

/// <summary>Whose question it is, and what becomes of it when the client leaves.</summary>
/// <param name="Account">Who pays.</param>
/// <param name="IdempotencyKey">Empty, or the client's: it may come back, so the work goes on without it (P5.8).</param>
/// <param name="Detached">The client does not wait at all.</param>
/// <param name="KeyHash">Of the API key whose budget pays; empty for none.</param>
internal sealed record Asker(string Account, string IdempotencyKey, bool Detached = false, string KeyHash = "")
{
    public bool Waits => IdempotencyKey.Length == 0 && !Detached;
}

/// <summary>Submits questions and cancels what nobody waits for any more.</summary>
internal sealed class AnswerService(IGrainFactory grains, TimeProvider time, ILogger<AnswerService> logger)
{
    /// <param name="question">What is asked.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="beforeWork">Done when all is held and nothing has begun; when it throws, all of it is cancelled. Done again for an answer that was there.</param>
    public async Task<Parsed<OpenAnswer>> SubmitAsync(Question question, Asker asker, Func<OpenAnswer, Task>? beforeWork = null)
    {
        if ((await WithToolGrammarAsync(question)).Failed(out var refused, out var bound))
            return refused;
        return await new ChoiceSubmission(grains, time, bound, asker, CancelAsync).RunAsync(beforeWork) switch
        {
            { Answer: { } answer } => answer,
            { Refusal: { Status: SubmitStatus.InsufficientFunds } poor } =>
                Refusals.TooPoor(checked(poor.HoldMicros * bound.Choices), await BalanceAsync(asker.Account)),
            { Refusal: { } why } => Refusals.Of(why.Status, why.Message, bound),
            _ => throw new InvariantException("A submission was neither accepted nor refused."),
        };
    }

    private async Task<long> BalanceAsync(string account) =>
        (await grains.GetGrain<IAccountsGrain>(Keys.Accounts).Describe(account))?.BalanceMicros ?? 0;

    /// <summary>What this question would be taken on; refused like it, but for want of money. Of one of its choices.</summary>
    public async Task<Parsed<QuoteInfo>> QuoteAsync(Question question, string account)
    {
        if ((await WithToolGrammarAsync(question)).Failed(out var refused, out var bound))
            return refused;
        // Nothing is drawn for a quote, so its nonce is any.
        var reply = await grains.GetGrain<IQuoteGrain>(Keys.Quote(question.Model)).Quote(SubmitCalls.Of(bound, new Asker(account, ""), 0, Hash32.Zero, form: ""));
        return reply.Quote is { } quote ? quote : Refusals.Of(reply.Status, reply.Message, question);
    }

    /// <summary>P5.8. Only what this call made and nobody else may be waiting for.</summary>
    public async Task CancelAsync(OpenAnswer answer)
    {
        if (answer.Own)
            await CancelAsync(answer.Choices);
    }

    public Task CancelAsync(IReadOnlyList<OpenRequest> requests) => Task.WhenAll(requests.Select(CancelAsync));

    private async Task CancelAsync(OpenRequest request)
    {
        GatewayMetrics.Cancelled();
        Log.Cancelling(logger, request.Id);
        try
        {
            await request.Grain.Cancel();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            Log.CancelFailed(logger, e, request.Id);
        }
    }

    /// <summary>A call that must be made is the only thing that the sampler can write, in the form of the model that is asked.</summary>
    private async Task<Parsed<Question>> WithToolGrammarAsync(Question question)
    {
        if (question.Tools.Forced.Count == 0)
            return question;
        var format = await grains.GetGrain<ITokenizerGrain>(Keys.Tokenizer(question.Model)).ToolCalls();
        // Unknown models and those without tools are refused when the question is submitted.
        if (format == (int)ToolCallFormat.None)
            return question;
        try
        {
            return question with { Parameters = question.Parameters with { Grammar = ToolGrammar.Of((ToolCallFormat)format, question.Tools) } };
        }
        catch (JsonSchemaException e)
        {
            return OpenAiErrors.Invalid("tools", $"have parameters that cannot be held to: {e.Message}", "unsupported_schema");
        }
    }
}
