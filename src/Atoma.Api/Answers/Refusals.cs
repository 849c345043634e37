using Atoma.Api.Errors;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>What the network's answers other than a settled one are in HTTP.</summary>
internal static class Refusals
{
    /// <summary>A submission that was not accepted, or would not be.</summary>
    /// <param name="why">Neither Accepted nor Existing nor InsufficientFunds.</param>
    /// <param name="message">What to do.</param>
    /// <param name="question">What was asked.</param>
    public static ApiError Of(SubmitStatus why, string message, Question question) => why switch
    {
        SubmitStatus.UnknownModel => OpenAiErrors.ModelNotFound(question.Model),
        SubmitStatus.BadParameters => QuestionParser.BadParameter(message.TrimEnd('.'), question.MaxTokensField),
        SubmitStatus.ToolsUnavailable => Invalid("tools_unavailable", message, "tools"),
        SubmitStatus.EmbeddingsUnavailable => Invalid("embeddings_unavailable", message, "model"),
        SubmitStatus.BadPrompt => Invalid("invalid_prompt", message, question.PromptField),
        SubmitStatus.PromptTooLong => Invalid("context_length_exceeded", message, question.PromptField),
        SubmitStatus.IntegrityUnknown => Invalid(Integrity.Code, message, Integrity.Field),
        SubmitStatus.IntegrityUnavailable => Unavailable("integrity_unavailable", message, Integrity.Field),
        SubmitStatus.NoEligibleNode => Unavailable("no_eligible_node", message, null),
        SubmitStatus.BudgetExceeded => new ApiError(402, OpenAiErrors.InsufficientQuota, "budget_exceeded", message),
        SubmitStatus.IdempotencyConflict => new ApiError(409, OpenAiErrors.InvalidRequest, "idempotency_conflict", message, "Idempotency-Key"),
        _ => throw new ArgumentOutOfRangeException(nameof(why), why, "Not a refusal."),
    };

    public static ApiError TooPoor(long holdMicros, long balanceMicros) => new(
        402, OpenAiErrors.InsufficientQuota, "insufficient_balance",
        $"This request needs {holdMicros} micros held (what is not used returns), the balance is {balanceMicros} micros. "
            + "Add funds, lower max_tokens or choose a lower integrity level.");

    /// <summary>A request that ended without an answer. Nothing was charged for it (P5.8).</summary>
    public static ApiError Of(AnswerEnd end, AtomaBody atoma)
    {
        var (status, code, why) = Why(end.Status, end.Reason);
        var advice = status == 409 ? "Send it again with a new Idempotency-Key." : "You can send it again.";
        return new ApiError(status, status == 409 ? OpenAiErrors.InvalidRequest : OpenAiErrors.ServerError, code, $"{why} charged: {end.PriceMicros}. {advice}", Atoma: atoma);
    }

    /// <summary>An answer that is fetched and that there will not be.</summary>
    public static ApiError Gone(string outcome, string reason)
    {
        var (_, code, why) = Why(outcome, reason);
        return new ApiError(410, OpenAiErrors.InvalidRequest, code, $"There is no answer to this request, and nothing was charged for it. {why} Send the question again.", "id");
    }

    private static (int Status, string Code, string Why) Why(string outcome, string reason) => reason switch
    {
        "fraud_detected" => (502, reason, "A node cheated, was caught, and its answer could not be replaced."),
        "no_quorum" => (502, reason, "The nodes that check the answer did not agree."),
        "stream_diverged" => (502, reason, "A node committed to another answer than it streamed; do not trust what was shown."),
        "nodes_failed" => (503, reason, "The drawn nodes failed and no replacement was left."),
        "no_eligible_node" => (503, reason, "Too few nodes could be drawn."),
        "interrupted" => (503, reason, "The coordinator was restarted in the middle."),
        "cancelled" => (409, reason, "The request was cancelled by its requester."),
        "deadline_passed" => (504, reason, "The deadline passed."),
        _ when outcome == "expired" => (504, "deadline_passed", "The deadline passed."),
        _ => (502, "no_answer", "The request ended without an answer."),
    };

    /// <summary>The watch of an open request broke for good.</summary>
    public static ApiError Lost(string request) =>
        new(503, OpenAiErrors.ServerError, "network_unavailable", $"The network stopped answering. See GET /v1/requests/{request} for how it ended; unless it settles, nothing is charged.")
        {
            Atoma = new AtomaBody(request, "", "open", 0),
        };

    public static ApiError TimedOut(string request) =>
        new(504, OpenAiErrors.ServerError, "timeout", $"The answer took too long and was cancelled. See GET /v1/requests/{request} for how it ended.")
        {
            Atoma = new AtomaBody(request, "", "open", 0),
        };

    public static ApiError Diverged(AtomaBody atoma) =>
        new(502, OpenAiErrors.ServerError, "stream_diverged", $"The verified answer differs from what was streamed; the verified one is in GET /v1/requests/{atoma.RequestId}/receipt.", Atoma: atoma);

    private static ApiError Invalid(string code, string message, string param) => new(400, OpenAiErrors.InvalidRequest, code, message, param);

    private static ApiError Unavailable(string code, string message, string? param) =>
        new(503, OpenAiErrors.ServerError, code, message, param) { RetryAfterSeconds = 5 };
}
