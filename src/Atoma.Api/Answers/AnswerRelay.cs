using Atoma.Api.Errors;

namespace Atoma.Api.Answers;

/// <summary>Carries an answer from the network to its client, to the end or until the client leaves.</summary>
internal sealed class AnswerRelay(
    AnswerService service, AnswerWatch watch, AnswerShapes shapes, Limits limits, TimeProvider time, ILogger<AnswerRelay> logger)
{
    /// <param name="context">The client.</param>
    /// <param name="answer">Of a kind that has a shape.</param>
    /// <param name="seen">What the client has already.</param>
    /// <param name="streaming">As events, not as one body.</param>
    public async Task RunAsync(HttpContext context, OpenAnswer answer, StreamPosition seen, bool streaming)
    {
        context.Response.Headers[ResponseHeaders.RequestId] = answer.Id;
        using var scope = Log.BeginAnswer(logger, answer.Id);
        using var timeout = new CancellationTokenSource(limits.AnswerTime, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        using var meter = new AnswerMeter(context, answer, streaming);
        using var events = new EventStream(context, limits, time);
        var writer = new AnswerWriter(context, shapes.Of(answer.Form.Kind), new AnswerHead(answer.Id, answer.Created, answer.Model), answer, seen, streaming, events, meter);
        var pinging = streaming ? events.PingAsync(stop.Token) : Task.CompletedTask;
        try
        {
            await FollowAllAsync(answer, writer, stop);
            await writer.CompleteAsync();
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            Log.AnswerTimedOut(logger, answer.Id);
            await service.CancelAsync(answer);
            await writer.ErrorAsync(Refusals.TimedOut(answer.Id));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            await service.CancelAsync(answer);
        }
        finally
        {
            await stop.CancelAsync();
            await pinging;
        }
    }

    /// <summary>All choices at once. When one cannot be carried further (the client is gone), none is.</summary>
    private async Task FollowAllAsync(OpenAnswer answer, AnswerWriter writer, CancellationTokenSource stop)
    {
        var choices = new Task[answer.Choices.Count];
        for (var i = 0; i < choices.Length; i++)
            choices[i] = FollowAsync(answer, i, writer, stop);
        await Task.WhenAll(choices);
    }

    private async Task FollowAsync(OpenAnswer answer, int choice, AnswerWriter writer, CancellationTokenSource stop)
    {
        var request = answer.Choices[choice];
        try
        {
            await new ChoiceRelay(answer, choice, writer, logger).RunAsync(watch.FollowAsync(request.Grain, request.Id, stop.Token));
        }
        catch (WatchLostException)
        {
            await writer.EndAsync(new ChoiceOutcome(choice, request.Id, null, null, Refusals.Lost(request.Id)));
        }
        catch (Exception)
        {
            await stop.CancelAsync();
            throw;
        }
    }
}
