using System.Text.Json;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Json;

namespace Atoma.Api.Answers;

/// <summary>What an answer is called while it is written: the same in every chunk.</summary>
internal sealed record AnswerHead(string RequestId, long Created, string Model);

/// <summary>How one endpoint writes its answers, as UTF-8 JSON.</summary>
internal interface IAnswerShape
{
    byte[] Whole(AnswerHead head, ToolAnswer answer, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs);

    /// <summary>Chunk before any text; null when there is none.</summary>
    byte[]? First(AnswerHead head);

    byte[] Piece(AnswerHead head, string text, ShownLogprobs? logprobs);

    /// <summary>All calls of an answer, after its text.</summary>
    byte[] Calls(AnswerHead head, IReadOnlyList<ToolCall> calls);

    byte[] Finish(AnswerHead head, string finishReason, AtomaBody? atoma);

    byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma);
}

internal sealed class ChatShape : IAnswerShape
{
    private const string ChunkObject = "chat.completion.chunk";

    public byte[] Whole(AnswerHead head, ToolAnswer answer, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs)
    {
        var message = answer.Calls.Count == 0
            ? new AssistantMessage("assistant", answer.Content)
            : new AssistantMessage("assistant", answer.Content.Length > 0 ? answer.Content : null,
                [.. answer.Calls.Select((c, i) => new ToolCallBody(ToolCallIds.Of(head.RequestId, i), "function", new CalledFunctionBody(c.Name, c.Arguments)))]);
        return JsonSerializer.SerializeToUtf8Bytes(
            new ChatCompletion(Id(head), "chat.completion", head.Created, head.Model, [new ChatChoice(0, message, finishReason, logprobs?.ForChat())], usage, atoma),
            ApiJson.Web.ChatCompletion);
    }

    public byte[] First(AnswerHead head) => Chunk(head, [new ChatChunkChoice(0, new ChatDelta("assistant", ""), null)]);

    public byte[] Piece(AnswerHead head, string text, ShownLogprobs? logprobs) =>
        Chunk(head, [new ChatChunkChoice(0, new ChatDelta(null, text), null, logprobs?.ForChat())]);

    public byte[] Calls(AnswerHead head, IReadOnlyList<ToolCall> calls) => Chunk(head, [new ChatChunkChoice(0, new ChatDelta(null, null,
        [.. calls.Select((c, i) => new ToolCallDelta(i, ToolCallIds.Of(head.RequestId, i), "function", new CalledFunctionBody(c.Name, c.Arguments)))]), null)]);

    public byte[] Finish(AnswerHead head, string finishReason, AtomaBody? atoma) =>
        Chunk(head, [new ChatChunkChoice(0, new ChatDelta(null, null), finishReason)], null, atoma);

    public byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma) => Chunk(head, [], usage, atoma);

    private static string Id(AnswerHead head) => "chatcmpl-" + head.RequestId;

    private static byte[] Chunk(AnswerHead head, IReadOnlyList<ChatChunkChoice> choices, UsageBody? usage = null, AtomaBody? atoma = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ChatCompletionChunk(Id(head), ChunkObject, head.Created, head.Model, choices, usage, atoma), ApiJson.Web.ChatCompletionChunk);
}

internal sealed class TextShape : IAnswerShape
{
    public byte[] Whole(AnswerHead head, ToolAnswer answer, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs) =>
        Write(head, [new TextChoice(0, answer.Content, finishReason, logprobs?.ForText())], usage, atoma);

    public byte[]? First(AnswerHead head) => null;

    public byte[] Piece(AnswerHead head, string text, ShownLogprobs? logprobs) => Write(head, [new TextChoice(0, text, null, logprobs?.ForText())]);

    /// <summary>A text is asked for without tools.</summary>
    public byte[] Calls(AnswerHead head, IReadOnlyList<ToolCall> calls) => throw new InvalidOperationException("A text completion calls no tools.");

    public byte[] Finish(AnswerHead head, string finishReason, AtomaBody? atoma) => Write(head, [new TextChoice(0, "", finishReason)], null, atoma);

    public byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma) => Write(head, [], usage, atoma);

    private static byte[] Write(AnswerHead head, IReadOnlyList<TextChoice> choices, UsageBody? usage = null, AtomaBody? atoma = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new TextCompletion("cmpl-" + head.RequestId, "text_completion", head.Created, head.Model, choices, usage, atoma), ApiJson.Web.TextCompletion);
}
