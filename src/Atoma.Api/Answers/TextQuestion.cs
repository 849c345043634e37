using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;

namespace Atoma.Api.Answers;

/// <summary>Reads a plain completion body.</summary>
internal static class TextQuestion
{
    private const string Field = "prompt";

    /// <summary>OpenAI's default for this endpoint: clients rely on it being short.</summary>
    private const int MaxTokensDefault = 16;

    public static Parsed<Question> Parse(TextCompletionBody body)
    {
        if (QuestionParser.Common(body, body.MaxTokens ?? MaxTokensDefault, "max_tokens", Field).Failed(out var error, out var question))
            return error;
        if (UnsupportedFields.FindInText(body.Others) is { } unsupported)
            return unsupported;
        if (body.Prompt is not { } prompt)
            return OpenAiErrors.Missing(Field, "Send the text to go on with.");
        if (prompt.ValueKind == JsonValueKind.Array)
            return OpenAiErrors.Unsupported(Field, "Send one text; lists of texts or tokens are not offered.");
        if (!JsonBody.TryText(prompt, out var text))
            return OpenAiErrors.Invalid(Field, "must be a string (well-formed Unicode)", "invalid_type");
        if (text.Length == 0)
            return OpenAiErrors.Invalid(Field, "must not be empty");
        return question with { Prompt = text, Echo = body.Echo is true ? text : "" };
    }
}
