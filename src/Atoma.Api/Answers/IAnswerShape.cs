using System.Text.Json;
using Atoma.Api.Json;

namespace Atoma.Api.Answers;

/// <summary>What an answer is called while it is written: the same in every chunk.</summary>
internal sealed record AnswerHead(string RequestId, long Created, string Model);

/// <summary>How one endpoint writes its answers, as UTF-8 JSON.</summary>
internal interface IAnswerShape
{
    byte[] Whole(AnswerHead head, string text, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs);

    /// <summary>Chunk before any text; null when there is none.</summary>
    byte[]? First(AnswerHead head);

    byte[] Piece(AnswerHead head, string text, ShownLogprobs? logprobs);

    byte[] Finish(AnswerHead head, string finishReason, AtomaBody? atoma);

    byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma);
}

internal sealed class ChatShape : IAnswerShape
{
    private const string ChunkObject = "chat.completion.chunk";

    public byte[] Whole(AnswerHead head, string text, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ChatCompletion(Id(head), "chat.completion", head.Created, head.Model, [new ChatChoice(0, new AssistantMessage("assistant", text), finishReason, logprobs?.ForChat())], usage, atoma),
            ApiJson.Web.ChatCompletion);

    public byte[] First(AnswerHead head) => Chunk(head, [new ChatChunkChoice(0, new ChatDelta("assistant", ""), null)]);

    public byte[] Piece(AnswerHead head, string text, ShownLogprobs? logprobs) =>
        Chunk(head, [new ChatChunkChoice(0, new ChatDelta(null, text), null, logprobs?.ForChat())]);

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
    public byte[] Whole(AnswerHead head, string text, string finishReason, UsageBody usage, AtomaBody atoma, ShownLogprobs? logprobs) =>
        Write(head, [new TextChoice(0, text, finishReason, logprobs?.ForText())], usage, atoma);

    public byte[]? First(AnswerHead head) => null;

    public byte[] Piece(AnswerHead head, string text, ShownLogprobs? logprobs) => Write(head, [new TextChoice(0, text, null, logprobs?.ForText())]);

    public byte[] Finish(AnswerHead head, string finishReason, AtomaBody? atoma) => Write(head, [new TextChoice(0, "", finishReason)], null, atoma);

    public byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma) => Write(head, [], usage, atoma);

    private static byte[] Write(AnswerHead head, IReadOnlyList<TextChoice> choices, UsageBody? usage = null, AtomaBody? atoma = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new TextCompletion("cmpl-" + head.RequestId, "text_completion", head.Created, head.Model, choices, usage, atoma), ApiJson.Web.TextCompletion);
}
