using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers;

/// <summary>How many probabilities are to be shown: the two endpoints ask in different ways, as OpenAI's do.</summary>
internal static class LogprobsFields
{
    /// <param name="body">As sent.</param>
    /// <param name="top">Likeliest tokens to show; null when no probabilities are wanted.</param>
    public static ApiError? Parse(AnswerBody body, out int? top)
    {
        top = null;
        var asked = body.Logprobs is { ValueKind: not JsonValueKind.Null } value ? value : (JsonElement?)null;
        return body is ChatCompletionBody chat ? OfChat(chat, asked, out top) : OfText(asked, out top);
    }

    private static ApiError? OfChat(ChatCompletionBody body, JsonElement? asked, out int? top)
    {
        top = null;
        if (asked is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) })
            return OpenAiErrors.Invalid("logprobs", "must be true or false", "invalid_type");
        var wanted = asked is { ValueKind: JsonValueKind.True };
        if (body.TopLogprobs is < 0 or > VerificationLimits.TopLogprobs)
            return OpenAiErrors.Invalid("top_logprobs", $"must be between 0 and {VerificationLimits.TopLogprobs}");
        if (body.TopLogprobs > 0 && !wanted)
            return OpenAiErrors.Invalid("top_logprobs", "is only allowed with 'logprobs': true");
        top = wanted ? body.TopLogprobs ?? 0 : null;
        return null;
    }

    private static ApiError? OfText(JsonElement? asked, out int? top)
    {
        top = null;
        if (asked is not { } value || value.ValueKind == JsonValueKind.False)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var count) || count is < 0 or > VerificationLimits.TopLogprobs)
            return OpenAiErrors.Invalid("logprobs", $"must be an integer between 0 and {VerificationLimits.TopLogprobs}");
        top = count;
        return null;
    }
}
