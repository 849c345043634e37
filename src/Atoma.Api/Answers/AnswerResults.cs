using System.Text.Json.Serialization;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>What Atoma adds to an answer.</summary>
/// <param name="RequestId">For GET /v1/requests/{id} and its receipt; with several choices the first one's.</param>
/// <param name="Integrity">The level that was paid for.</param>
/// <param name="Status">settled, refunded, expired, or delivered: the answer is given, and an audit still decides whether it is paid for.</param>
/// <param name="PriceMicros">What was charged for all choices, in millionths of the network's currency; of a delivered answer, what it costs if its audit passes.</param>
/// <param name="Note">What still follows a delivered answer.</param>
/// <param name="Choices">Each choice's own request, where there are several.</param>
internal sealed record AtomaBody(
    string RequestId, string Integrity, string Status, long PriceMicros,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Note = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<AtomaChoice>? Choices = null)
{
    private const string Delivered = "The answer is being audited. If the audit fails, all of it is refunded. The receipt follows when the audit has ended.";

    public static AtomaBody Of(string request, AnswerEnd end) =>
        new(request, end.Integrity, end.Status, end.PriceMicros, end.Status == AnswerEnd.Delivered ? Delivered : null);

    /// <summary>Of all choices together. Settled when one of them is; delivered while an audit of one is open.</summary>
    public static AtomaBody Of(IReadOnlyList<ChoiceOutcome> outcomes)
    {
        AtomaChoice[] choices = [.. outcomes.Select(AtomaChoice.Of)];
        if (outcomes is [{ End: { } only, Request: var request }])
            return Of(request, only);
        string[] statuses = [AnswerEnd.Delivered, "settled", choices[0].Status];
        var status = Array.Find(statuses, s => Array.Exists(choices, c => c.Status == s))!;
        return new AtomaBody(
            choices[0].RequestId, outcomes.Select(o => o.End?.Integrity).FirstOrDefault(i => i is not null) ?? "", status, choices.Sum(c => c.PriceMicros),
            status == AnswerEnd.Delivered ? Delivered : null, choices.Length > 1 ? choices : null);
    }
}

/// <param name="Index">The choice.</param>
/// <param name="RequestId">Its own request: draws, receipt and price.</param>
/// <param name="Status">settled, delivered, refunded, expired, or open where that is not known.</param>
/// <param name="PriceMicros">What was charged for it: nothing when there is no answer.</param>
/// <param name="Reason">Why there is no answer.</param>
internal sealed record AtomaChoice(
    int Index, string RequestId, string Status, long PriceMicros,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    public static AtomaChoice Of(ChoiceOutcome outcome) =>
        new(outcome.Choice, outcome.Request, outcome.End?.Status ?? "open", outcome.End?.PriceMicros ?? 0, outcome.Error?.Code);
}

internal sealed record UsageBody(int PromptTokens, int CompletionTokens, int TotalTokens);

/// <summary>Answer to POST /v1/chat/completions.</summary>
internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, UsageBody Usage, AtomaBody Atoma);

internal sealed record ChatChoice(
    int Index, AssistantMessage Message, string FinishReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ChatLogprobs? Logprobs = null);

/// <param name="Role">"assistant".</param>
/// <param name="Content">Null when the answer only calls functions.</param>
/// <param name="ToolCalls">Null when it calls none.</param>
internal sealed record AssistantMessage(
    string Role, string? Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ToolCallBody>? ToolCalls = null);

/// <summary>One event of a streamed chat answer.</summary>
internal sealed record ChatCompletionChunk(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UsageBody? Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AtomaBody? Atoma);

internal sealed record ChatChunkChoice(
    int Index, ChatDelta Delta, string? FinishReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ChatLogprobs? Logprobs = null);

internal sealed record ChatDelta(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ToolCallDelta>? ToolCalls = null);

/// <summary>A call in a streamed answer; always whole.</summary>
internal sealed record ToolCallDelta(int Index, string Id, string Type, CalledFunctionBody Function);

/// <summary>Answer to POST /v1/completions, and one event of it when streamed.</summary>
internal sealed record TextCompletion(
    string Id, string Object, long Created, string Model, IReadOnlyList<TextChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UsageBody? Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AtomaBody? Atoma);

internal sealed record TextChoice(
    int Index, string Text, string? FinishReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TextLogprobs? Logprobs = null);
