using System.Text.Json;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Json;

namespace Atoma.Api.Answers;

/// <summary>What an answer is called while it is written: the same in every chunk. The request is the first choice's.</summary>
internal sealed record AnswerHead(string RequestId, long Created, string Model);

/// <summary>How one endpoint writes its answers, as UTF-8 JSON.</summary>
internal interface IAnswerShape
{
    /// <param name="head">Of the answer.</param>
    /// <param name="choices">Those that are given, in order.</param>
    /// <param name="logprobs">Likeliest tokens to show of each position; null for no probabilities.</param>
    /// <param name="usage">Of all of them.</param>
    /// <param name="atoma">Of all of them.</param>
    byte[] Whole(AnswerHead head, IReadOnlyList<ChoiceOutcome> choices, int? logprobs, UsageBody usage, AtomaBody atoma);

    /// <summary>Chunk before any text of a choice; null when there is none.</summary>
    byte[]? First(AnswerHead head, int choice);

    byte[] Piece(AnswerHead head, int choice, string text, ShownLogprobs? logprobs);

    /// <summary>All calls of a choice, after its text.</summary>
    byte[] Calls(AnswerHead head, int choice, string request, IReadOnlyList<ToolCall> calls);

    byte[] Finish(AnswerHead head, int choice, string finishReason, AtomaBody? atoma);

    byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma);
}

/// <summary>The shapes by kind.</summary>
internal sealed class AnswerShapes
{
    private readonly ChatShape _chat = new();
    private readonly TextShape _text = new();

    public IAnswerShape Of(AnswerKind kind) => kind switch
    {
        AnswerKind.Chat => _chat,
        AnswerKind.Text => _text,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Written by its question alone."),
    };
}

internal sealed class ChatShape : IAnswerShape
{
    private const string ChunkObject = "chat.completion.chunk";

    public byte[] Whole(AnswerHead head, IReadOnlyList<ChoiceOutcome> choices, int? logprobs, UsageBody usage, AtomaBody atoma) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ChatCompletion(Id(head), "chat.completion", head.Created, head.Model, [.. choices.Select(c => Choice(c, logprobs))], usage, atoma), ApiJson.Web.ChatCompletion);

    public byte[] First(AnswerHead head, int choice) => Chunk(head, [new ChatChunkChoice(choice, new ChatDelta("assistant", ""), null)]);

    public byte[] Piece(AnswerHead head, int choice, string text, ShownLogprobs? logprobs) =>
        Chunk(head, [new ChatChunkChoice(choice, new ChatDelta(null, text), null, logprobs?.ForChat())]);

    public byte[] Calls(AnswerHead head, int choice, string request, IReadOnlyList<ToolCall> calls) => Chunk(head, [new ChatChunkChoice(choice, new ChatDelta(null, null,
        [.. calls.Select((c, i) => new ToolCallDelta(i, ToolCallIds.Of(request, i), "function", new CalledFunctionBody(c.Name, c.Arguments)))]), null)]);

    public byte[] Finish(AnswerHead head, int choice, string finishReason, AtomaBody? atoma) =>
        Chunk(head, [new ChatChunkChoice(choice, new ChatDelta(null, null), finishReason)], null, atoma);

    public byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma) => Chunk(head, [], usage, atoma);

    private static ChatChoice Choice(ChoiceOutcome outcome, int? top)
    {
        var given = outcome.Given!;
        var (content, calls) = (given.Answer.Content, given.Answer.Calls);
        var message = calls.Count == 0
            ? new AssistantMessage("assistant", content)
            : new AssistantMessage("assistant", content.Length > 0 ? content : null,
                [.. calls.Select((c, i) => new ToolCallBody(ToolCallIds.Of(outcome.Request, i), "function", new CalledFunctionBody(c.Name, c.Arguments)))]);
        return new ChatChoice(outcome.Choice, message, given.FinishReason, ShownLogprobs.Of(given, top)?.ForChat());
    }

    private static string Id(AnswerHead head) => "chatcmpl-" + head.RequestId;

    private static byte[] Chunk(AnswerHead head, IReadOnlyList<ChatChunkChoice> choices, UsageBody? usage = null, AtomaBody? atoma = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ChatCompletionChunk(Id(head), ChunkObject, head.Created, head.Model, choices, usage, atoma), ApiJson.Web.ChatCompletionChunk);
}

internal sealed class TextShape : IAnswerShape
{
    public byte[] Whole(AnswerHead head, IReadOnlyList<ChoiceOutcome> choices, int? logprobs, UsageBody usage, AtomaBody atoma) =>
        Write(head, [.. choices.Select(c => new TextChoice(c.Choice, c.Given!.Answer.Content, c.Given.FinishReason, ShownLogprobs.Of(c.Given, logprobs)?.ForText()))], usage, atoma);

    public byte[]? First(AnswerHead head, int choice) => null;

    public byte[] Piece(AnswerHead head, int choice, string text, ShownLogprobs? logprobs) => Write(head, [new TextChoice(choice, text, null, logprobs?.ForText())]);

    /// <summary>A text is asked for without tools.</summary>
    public byte[] Calls(AnswerHead head, int choice, string request, IReadOnlyList<ToolCall> calls) => throw new InvalidOperationException("A text completion calls no tools.");

    public byte[] Finish(AnswerHead head, int choice, string finishReason, AtomaBody? atoma) => Write(head, [new TextChoice(choice, "", finishReason)], null, atoma);

    public byte[] Usage(AnswerHead head, UsageBody usage, AtomaBody atoma) => Write(head, [], usage, atoma);

    private static byte[] Write(AnswerHead head, IReadOnlyList<TextChoice> choices, UsageBody? usage = null, AtomaBody? atoma = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new TextCompletion("cmpl-" + head.RequestId, "text_completion", head.Created, head.Model, choices, usage, atoma), ApiJson.Web.TextCompletion);
}
