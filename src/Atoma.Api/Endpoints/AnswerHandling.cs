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
internal sealed class AnswerHandler(AnswerGate gate, AnswerService service, AnswerRelay relay)
{
    private const string IdempotencyHeader = "Idempotency-Key";

    /// <summary>For an answer, whole or streamed.</summary>
    public Task HandleAsync(HttpContext context, Func<Task<Parsed<Question>>> read, IAnswerShape shape) =>
        HandleAsync(context, read, (request, question) => relay.RunAsync(context, request, question, shape));

    /// <summary>For anything: reads, submits, and hands the open request on.</summary>
    public async Task HandleAsync<T>(HttpContext context, Func<Task<Parsed<T>>> read, Func<OpenRequest, T, Task> run)
        where T : Question
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            await OpenAiErrors.Busy().ExecuteAsync(context);
        else if ((await OpenAsync(context, read)).Failed(out var error, out var open))
            await error.ExecuteAsync(context);
        else
            await run(open.Request, open.Question);
    }

    private sealed record Open<T>(OpenRequest Request, T Question);

    private async Task<Parsed<Open<T>>> OpenAsync<T>(HttpContext context, Func<Task<Parsed<T>>> read)
        where T : Question
    {
        var idempotencyKey = context.Request.Headers[IdempotencyHeader].ToString();
        if (idempotencyKey.Length > RequestSpec.IdempotencyKeyLength)
            return OpenAiErrors.Invalid(IdempotencyHeader, $"has more than {RequestSpec.IdempotencyKeyLength} characters");
        if ((await read()).Failed(out var error, out var question))
            return error;
        return (await service.SubmitAsync(question, context.User.Account(), idempotencyKey)).Failed(out error, out var request)
            ? error
            : new Open<T>(request, question);
    }
}
