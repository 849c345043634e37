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

/// <summary>What the two kinds of completion endpoint share.</summary>
internal sealed class AnswerHandler(AnswerGate gate, AnswerService service, AnswerRelay relay)
{
    private const string IdempotencyHeader = "Idempotency-Key";

    public async Task HandleAsync(HttpContext context, Func<Task<Parsed<Question>>> read, IAnswerShape shape)
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            await OpenAiErrors.Busy().ExecuteAsync(context);
        else if ((await OpenAsync(context, read)).Failed(out var error, out var open))
            await error.ExecuteAsync(context);
        else
            await relay.RunAsync(context, open.Request, open.Question, shape);
    }

    private sealed record Open(OpenRequest Request, Question Question);

    private async Task<Parsed<Open>> OpenAsync(HttpContext context, Func<Task<Parsed<Question>>> read)
    {
        var idempotencyKey = context.Request.Headers[IdempotencyHeader].ToString();
        if (idempotencyKey.Length > RequestSpec.IdempotencyKeyLength)
            return OpenAiErrors.Invalid(IdempotencyHeader, $"has more than {RequestSpec.IdempotencyKeyLength} characters");
        if ((await read()).Failed(out var error, out var question))
            return error;
        return (await service.SubmitAsync(question, context.User.Account(), idempotencyKey)).Failed(out error, out var request)
            ? error
            : new Open(request, question);
    }
}
