using System.Threading.RateLimiting;
using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Protocol.Requests;

namespace Atoma.Api.Endpoints;

/// <summary>Answers in progress, counted: the count is taken before the body is read.</summary>
internal sealed class AnswerGate(Limits limits) : IDisposable
{
    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions { PermitLimit = limits.ConcurrentAnswers, QueueLimit = 0 });

    public RateLimitLease Enter() => _limiter.AttemptAcquire();

    public void Dispose() => _limiter.Dispose();
}

/// <summary>What all endpoints that ask the network share.</summary>
internal sealed class AnswerHandler(AnswerGate gate, AnswerService service, AnswerRelay relay, Traffic traffic, Limits limits)
{
    private const string IdempotencyHeader = "Idempotency-Key";
    private const string LastEventHeader = "Last-Event-ID";

    /// <summary>For an answer, whole or streamed.</summary>
    public async Task HandleAsync(HttpContext context, Func<Task<Parsed<Question>>> read)
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            await OpenAiErrors.Busy().ExecuteAsync(context);
        else if ((await ReadAsync(context, read)).Failed(out var error, out var question) || Position(context, question.Choices).Failed(out error, out var seen)
            || (await SubmitAsync(context, question)).Failed(out error, out var answer))
            await error.ExecuteAsync(context);
        else
            await relay.RunAsync(context, answer, seen, question.Streaming);
    }

    /// <summary>For anything: reads, submits, and hands the open request on.</summary>
    public async Task HandleAsync<T>(HttpContext context, Func<Task<Parsed<T>>> read, Func<OpenAnswer, T, Task> run)
        where T : Question
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            await OpenAiErrors.Busy().ExecuteAsync(context);
        else if ((await ReadAsync(context, read)).Failed(out var error, out var question) || (await SubmitAsync(context, question)).Failed(out error, out var answer))
            await error.ExecuteAsync(context);
        else
            await run(answer, question);
    }

    /// <summary>For an answer that is fetched later.</summary>
    /// <param name="context">The client.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="beforeWork">Done when all is held and nothing has begun.</param>
    public async Task<Parsed<OpenAnswer>> SubmitDetachedAsync(HttpContext context, Question question, Func<OpenAnswer, Task>? beforeWork)
    {
        if (IdempotencyKey(context, out var key) is { } wrong)
            return wrong;
        if (await traffic.TakeAsync(context, question) is { } tooMany)
            return tooMany;
        return await service.SubmitAsync(question, new Asker(context.User.Account(), key, Detached: true, context.User.KeyHash()), beforeWork);
    }

    /// <summary>For an answer that was asked for before.</summary>
    public async Task ResumeAsync(HttpContext context, OpenAnswer answer, bool streaming)
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            await OpenAiErrors.Busy().ExecuteAsync(context);
        else if (Position(context, answer.Choices.Count).Failed(out var error, out var seen))
            await error.ExecuteAsync(context);
        else
            await relay.RunAsync(context, answer, seen, streaming);
    }

    private static async Task<Parsed<T>> ReadAsync<T>(HttpContext context, Func<Task<Parsed<T>>> read)
        where T : Question =>
        IdempotencyKey(context, out _) is { } wrong ? wrong : await read();

    private async Task<Parsed<OpenAnswer>> SubmitAsync(HttpContext context, Question question)
    {
        IdempotencyKey(context, out var key);
        if (await traffic.TakeAsync(context, question) is { } tooMany)
            return tooMany;
        return await service.SubmitAsync(question, new Asker(context.User.Account(), key, KeyHash: context.User.KeyHash()));
    }

    private static ApiError? IdempotencyKey(HttpContext context, out string key)
    {
        key = context.Request.Headers[IdempotencyHeader].ToString();
        return key.Length > RequestSpec.IdempotencyKeyLength
            ? OpenAiErrors.Invalid(IdempotencyHeader, $"has more than {RequestSpec.IdempotencyKeyLength} characters")
            : null;
    }

    /// <summary>What the client says that it has seen.</summary>
    private Parsed<StreamPosition> Position(HttpContext context, int choices)
    {
        var id = context.Request.Headers[LastEventHeader].ToString();
        if (id.Length == 0)
            return new StreamPosition(choices);
        return id.Length <= limits.EventIdLength && StreamPosition.TryParse(id, choices, out var seen) ? seen : OpenAiErrors.UnknownEventId();
    }
}
