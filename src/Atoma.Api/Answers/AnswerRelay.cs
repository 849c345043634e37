using Atoma.Api.Answers.Tools;
using Atoma.Api.Errors;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>Carries one request from the network to its client, to the end or until the client leaves.</summary>
internal sealed class AnswerRelay(AnswerService service, AnswerWatch watch, Limits limits, TimeProvider time, ILogger<AnswerRelay> logger)
{
    public async Task RunAsync(HttpContext context, OpenRequest request, Question question, IAnswerShape shape)
    {
        context.Response.Headers[ResponseHeaders.RequestId] = request.Id;
        using var timeout = new CancellationTokenSource(limits.AnswerTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        var head = new AnswerHead(request.Id, time.GetUtcNow().ToUnixTimeSeconds(), question.Model);
        var writer = new AnswerWriter(context, shape, head, either.Token);
        try
        {
            await RelayAsync(writer, request, question, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            Log.AnswerTimedOut(logger, request.Id);
            await service.CancelAsync(request);
            await new AnswerWriter(context, shape, head, context.RequestAborted) { Streaming = writer.Streaming }.ErrorAsync(Refusals.TimedOut(request.Id));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            await service.CancelAsync(request);
        }
        catch (WatchLostException)
        {
            await writer.ErrorAsync(Refusals.Lost(request.Id));
        }
    }

    private async Task RelayAsync(AnswerWriter writer, OpenRequest request, Question question, CancellationToken cancellationToken)
    {
        var reader = new ToolCallReader(request.ToolCalls, question.Tools);
        var shown = new System.Text.StringBuilder();
        var held = "";
        await foreach (var current in watch.FollowAsync(request.Grain, request.Id, cancellationToken))
        {
            if (question.Streaming && current.Text.Length > 0)
            {
                // What may become a call of a tool waits until it is one or is not.
                held += current.Text;
                if (reader.SafeLength(held, isStart: shown.Length == 0) is var safe and > 0)
                {
                    await writer.PieceAsync(held[..safe]);
                    shown.Append(held, 0, safe);
                    held = held[safe..];
                }
            }

            if (current.End is { } end)
                await EndAsync(writer, request, question, end, reader.Read(end.Text), shown.ToString());
        }
    }

    private async Task EndAsync(AnswerWriter writer, OpenRequest request, Question question, AnswerEnd end, ToolAnswer answer, string shown)
    {
        var finish = answer.Calls.Count > 0 ? "tool_calls" : end.FinishReason;
        var atoma = new AtomaBody(request.Id, end.Integrity, end.Status, end.PriceMicros);
        var usage = new UsageBody(end.PromptTokens, end.OutputTokens, end.PromptTokens + end.OutputTokens);
        if (end.Status != "settled")
        {
            await writer.ErrorAsync(Refusals.Of(end, atoma));
        }
        else if (!question.Streaming)
        {
            await writer.WholeAsync(answer, finish, usage, atoma);
        }
        else if (answer.Content.StartsWith(shown, StringComparison.Ordinal))
        {
            if (answer.Content.Length > shown.Length)
                await writer.PieceAsync(answer.Content[shown.Length..]);
            if (answer.Calls.Count > 0)
                await writer.CallsAsync(answer.Calls);
            await writer.FinishAsync(finish, question.IncludeUsage ? usage : null, atoma);
        }
        else
        {
            Log.StreamDiverged(logger, request.Id);
            await writer.ErrorAsync(Refusals.Diverged(atoma));
        }
    }
}
