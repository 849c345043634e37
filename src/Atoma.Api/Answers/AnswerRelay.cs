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
        var shown = new System.Text.StringBuilder();
        var chances = new List<TokenLogprobs>();
        await foreach (var current in watch.FollowAsync(request.Grain, request.Id, cancellationToken))
        {
            if (question.Streaming && (current.Text.Length > 0 || current.Logprobs.Count > 0))
            {
                await writer.PieceAsync(current.Text, Shown(question, current.Logprobs, shown.Length));
                shown.Append(current.Text);
                chances.AddRange(current.Logprobs);
            }

            if (current.End is { } end)
                await EndAsync(writer, request, question, end, shown.ToString(), chances);
        }
    }

    private async Task EndAsync(AnswerWriter writer, OpenRequest request, Question question, AnswerEnd end, string shown, IReadOnlyList<TokenLogprobs> chances)
    {
        var atoma = new AtomaBody(request.Id, end.Integrity, end.Status, end.PriceMicros);
        var usage = new UsageBody(end.PromptTokens, end.OutputTokens, end.PromptTokens + end.OutputTokens);
        if (end.Status != "settled")
        {
            await writer.ErrorAsync(Refusals.Of(end, atoma));
        }
        else if (!question.Streaming)
        {
            await writer.WholeAsync(end.Text, end.FinishReason, usage, atoma, Shown(question, end.Logprobs, 0));
        }
        else if (end.Text.StartsWith(shown, StringComparison.Ordinal) && StartWith(end.Logprobs, chances))
        {
            if (end.Text.Length > shown.Length || end.Logprobs.Count > chances.Count)
                await writer.PieceAsync(end.Text[shown.Length..], Shown(question, [.. end.Logprobs.Skip(chances.Count)], shown.Length));
            await writer.FinishAsync(end.FinishReason, question.IncludeUsage ? usage : null, atoma);
        }
        else
        {
            Log.StreamDiverged(logger, request.Id);
            await writer.ErrorAsync(Refusals.Diverged(atoma));
        }
    }

    private static ShownLogprobs? Shown(Question question, IReadOnlyList<TokenLogprobs> chances, int offset) =>
        question.Logprobs is { } top ? new ShownLogprobs(chances, top, offset) : null;

    /// <summary>Whether the probabilities shown so far are those of the verified answer.</summary>
    private static bool StartWith(IReadOnlyList<TokenLogprobs> whole, IReadOnlyList<TokenLogprobs> start) =>
        start.Count <= whole.Count && start.Zip(whole).All(c => IsSame(c.First.Chosen, c.Second.Chosen) && c.First.Top.Count == c.Second.Top.Count
            && c.First.Top.Zip(c.Second.Top).All(t => IsSame(t.First, t.Second)));

    private static bool IsSame(TokenLogprob left, TokenLogprob right) => left.Token == right.Token && left.Quanta == right.Quanta;
}
