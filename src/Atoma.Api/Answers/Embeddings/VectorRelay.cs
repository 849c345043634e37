using Atoma.Api.Errors;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers.Embeddings;

/// <summary>Waits for a request's end and writes what it came to, or cancels it when nobody waits any more.</summary>
internal sealed class VectorRelay(AnswerService service, AnswerWatch watch, Limits limits, TimeProvider time, ILogger<VectorRelay> logger)
{
    public async Task RunAsync(HttpContext context, OpenAnswer answer, VectorQuestion question)
    {
        context.Response.Headers[ResponseHeaders.RequestId] = answer.Id;
        using var timeout = new CancellationTokenSource(limits.AnswerTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        using var meter = new AnswerMeter(context, answer, streaming: false);
        try
        {
            var end = await EndAsync(answer, either.Token);
            meter.Ended(end, end.IsGiven ? null : "not_given");
            await WriteAsync(context, answer, question, end);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            Log.AnswerTimedOut(logger, answer.Id);
            await service.CancelAsync(answer);
            await Refusals.TimedOut(answer.Id).ExecuteAsync(context);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            await service.CancelAsync(answer);
        }
        catch (WatchLostException)
        {
            await Refusals.Lost(answer.Id).ExecuteAsync(context);
        }
    }

    private async Task<AnswerEnd> EndAsync(OpenAnswer answer, CancellationToken cancellationToken)
    {
        AnswerEnd? end = null;
        await foreach (var current in watch.FollowAsync(answer.Choices[0].Grain, answer.Id, cancellationToken))
            end = current.End;
        return end ?? throw new WatchLostException(null);
    }

    private static async Task WriteAsync(HttpContext context, OpenAnswer answer, VectorQuestion question, AnswerEnd end)
    {
        var atoma = AtomaBody.Of(answer.Id, end);
        if (!end.IsGiven)
        {
            await Refusals.Of(end, atoma).ExecuteAsync(context);
            return;
        }

        var body = question.Write(end, atoma);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
