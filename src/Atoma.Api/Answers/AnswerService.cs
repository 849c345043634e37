using System.Security.Cryptography;
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

/// <summary>A request in the network, this caller's or, by its idempotency key, an earlier one.</summary>
/// <param name="Id">Request id, hex.</param>
/// <param name="Grain">To watch and cancel it.</param>
/// <param name="Own">Whether this call made it.</param>
/// <param name="ToolCalls">How its model writes calls of tools.</param>
internal sealed record OpenRequest(string Id, IRequestGrain Grain, bool Own, ToolCallFormat ToolCalls);

/// <summary>Submits questions and cancels what nobody waits for any more.</summary>
internal sealed class AnswerService(IGrainFactory grains, ILogger<AnswerService> logger)
{
    public async Task<Parsed<OpenRequest>> SubmitAsync(Question question, string account, string idempotencyKey)
    {
        if ((await WithToolGrammarAsync(question)).Failed(out var refused, out var bound))
            return refused;
        question = bound;
        var nonce = new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size));
        var id = RequestSpec.IdOf(account, nonce);
        var grain = Grain(id);
        var reply = await grain.Submit(Call(question, account, idempotencyKey, nonce));
        switch (reply.Status)
        {
            case SubmitStatus.Accepted:
                return new OpenRequest(id.ToString(), grain, Own: true, (ToolCallFormat)reply.ToolCalls);
            case SubmitStatus.Existing:
                return new OpenRequest(reply.Request, Grain(Hash32.Parse(reply.Request)), Own: false, (ToolCallFormat)reply.ToolCalls);
            case SubmitStatus.InsufficientFunds:
                var balance = await grains.GetGrain<IBooksGrain>(Keys.Books).Balance(account);
                return Refusals.TooPoor(reply.HoldMicros, balance.BalanceMicros);
            default:
                return Refusals.Of(reply.Status, reply.Message, question);
        }
    }

    /// <summary>What this question would be taken on; refused like it, but for want of money.</summary>
    public async Task<Parsed<QuoteInfo>> QuoteAsync(Question question, string account)
    {
        if ((await WithToolGrammarAsync(question)).Failed(out var refused, out var bound))
            return refused;
        // Nothing is drawn for a quote, so its nonce is any.
        var reply = await grains.GetGrain<IQuoteGrain>(Keys.Quote(question.Model)).Quote(Call(bound, account, idempotencyKey: "", Hash32.Zero));
        return reply.Quote is { } quote ? quote : Refusals.Of(reply.Status, reply.Message, question);
    }

    private static SubmitCall Call(Question question, string account, string idempotencyKey, Hash32 nonce)
    {
        var parameters = new CanonicalWriter();
        question.Parameters.Write(parameters);
        return new SubmitCall
        {
            Account = account,
            IdempotencyKey = idempotencyKey,
            Model = question.Model,
            Messages = question.Messages,
            Prompt = question.Prompt,
            Inputs = question.Inputs,
            Tools = question.Tools.Definitions,
            Parameters = parameters.ToArray(),
            MaxTokens = question.MaxTokens,
            SeedGiven = question.SeedGiven,
            Integrity = question.Integrity,
            Assurance = question.Assurance,
            Streaming = question.Streaming,
            Nonce = nonce.ToArray(),
        };
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

    /// <summary>P5.8. A request found by its idempotency key is left alone: whoever made it may still be waiting.</summary>
    public async Task CancelAsync(OpenRequest request)
    {
        if (!request.Own)
            return;
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

    private IRequestGrain Grain(Hash32 id) => grains.GetGrain<IRequestGrain>(Keys.Request(id));
}
