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
        var beside = new ShownText(question);
        var shown = new System.Text.StringBuilder();
        var (held, waiting) = ("", new List<TokenLogprobs>());
        var chances = new List<TokenLogprobs>();
        await foreach (var current in watch.FollowAsync(request.Grain, request.Id, cancellationToken))
        {
            var hasMore = current.Text.Length > 0 || current.Logprobs.Count > 0;
            if (question.Streaming && beside.OwesPrompt && (hasMore || current.PromptLogprobs.Count > 0))
                await writer.PieceAsync(beside.Prompt(current.PromptLogprobs));
            if (question.Streaming && hasMore)
            {
                // What may become a call of a tool waits until it is one or is not, and what its tokens' chances were with it.
                held += current.Text;
                waiting.AddRange(current.Logprobs);
                if (reader.SafeLength(held, isStart: shown.Length == 0) is var safe && (safe > 0 || held.Length == 0))
                {
                    await writer.PieceAsync(held[..safe], beside.Next([.. waiting]));
                    shown.Append(held, 0, safe);
                    held = held[safe..];
                    chances.AddRange(waiting);
                    waiting.Clear();
                }
            }

            if (current.End is { } end)
                await EndAsync(writer, request, question, beside, end, reader.Read(end.Text), shown.ToString(), chances);
        }
    }

    private async Task EndAsync(
        AnswerWriter writer, OpenRequest request, Question question, ShownText beside, AnswerEnd end, ToolAnswer answer, string shown, IReadOnlyList<TokenLogprobs> chances)
    {
        var finish = answer.Calls.Count > 0 ? "tool_calls" : end.FinishReason;
        var atoma = AtomaBody.Of(request.Id, end);
        var usage = new UsageBody(end.PromptTokens, end.OutputTokens, end.PromptTokens + end.OutputTokens);
        if (!end.IsGiven)
        {
            await writer.ErrorAsync(Refusals.Of(end, atoma));
        }
        else if (!question.Streaming)
        {
            await writer.WholeAsync(answer with { Content = question.Echo + answer.Content }, finish, usage, atoma, beside.Whole(end));
        }
        else if (answer.Content.StartsWith(shown, StringComparison.Ordinal) && ShownText.StartWith(end.Logprobs, chances) && beside.IsVerified(end))
        {
            if (beside.OwesPrompt)
                await writer.PieceAsync(beside.Prompt(end.PromptLogprobs));
            if (answer.Content.Length > shown.Length || end.Logprobs.Count > chances.Count)
                await writer.PieceAsync(answer.Content[shown.Length..], beside.Next([.. end.Logprobs.Skip(chances.Count)]));
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
