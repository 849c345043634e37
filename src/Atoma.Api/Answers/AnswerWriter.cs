using System.Text.Json;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Atoma.Api.Answers;

/// <summary>Writes one answer to one client: whole, or as server-sent events.</summary>
internal sealed class AnswerWriter(HttpContext context, IAnswerShape shape, AnswerHead head, CancellationToken cancellationToken)
{
    private static readonly byte[] DataPrefix = "data: "u8.ToArray();
    private static readonly byte[] EventEnd = "\n\n"u8.ToArray();
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Whether a piece was sent: from then on an error is an event, not a status.</summary>
    public bool Streaming { get; set; }

    public async Task WholeAsync(ToolAnswer answer, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        var body = shape.Whole(head, answer, finishReason, usage, atoma, logprobs);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, cancellationToken);
    }

    public Task PieceAsync((string Text, ShownLogprobs? Logprobs) piece) => PieceAsync(piece.Text, piece.Logprobs);

    public async Task PieceAsync(string text, ShownLogprobs? logprobs)
    {
        await StartAsync();
        await EventAsync(shape.Piece(head, text, logprobs));
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    public async Task CallsAsync(IReadOnlyList<ToolCall> calls)
    {
        await StartAsync();
        await EventAsync(shape.Calls(head, calls));
    }

    public async Task FinishAsync(string finishReason, UsageBody? usage, AtomaBody atoma)
    {
        await StartAsync();
        await EventAsync(shape.Finish(head, finishReason, usage is null ? atoma : null));
        if (usage is not null)
            await EventAsync(shape.Usage(head, usage, atoma));
        await EndAsync();
    }

    /// <summary>An error as status and body, or as an event when pieces were sent already.</summary>
    public async Task ErrorAsync(ApiError error)
    {
        if (!Streaming)
        {
            await error.ExecuteAsync(context);
            return;
        }

        await EventAsync(JsonSerializer.SerializeToUtf8Bytes(error.Body, ApiJson.Web.ErrorBody));
        await EndAsync();
    }

    private async Task StartAsync()
    {
        if (Streaming)
            return;
        Streaming = true;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (shape.First(head) is { } first)
            await EventAsync(first);
    }

    private async Task EndAsync()
    {
        await context.Response.Body.WriteAsync(Done, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private async Task EventAsync(byte[] json)
    {
        await context.Response.Body.WriteAsync((byte[])[.. DataPrefix, .. json, .. EventEnd], cancellationToken);
    }
}
