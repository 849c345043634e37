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

    public static Parsed<Question> Parse(TextCompletionBody body, Limits limits)
    {
        if (QuestionParser.Common(body, body.MaxTokens ?? MaxTokensDefault, "max_tokens", Field, limits).Failed(out var error, out var question))
            return error;
        if (UnsupportedFields.FindInText(body.Others) is { } unsupported)
            return unsupported;
        if (body.BestOf is { } best && best != question.PerPrompt)
            return OpenAiErrors.Unsupported("best_of", $"All answers are returned, so it can only be 'n', here {question.PerPrompt}.");
        if (body.Prompt is not { } prompt)
            return OpenAiErrors.Missing(Field, "Send the text to go on with.");
        if (Prompts(prompt, limits, out var prompts) is { } wrong)
            return wrong;
        question = question with { Kind = AnswerKind.Text, Prompts = prompts, Echo = body.Echo is true };
        return question.Choices <= limits.Choices
            ? question
            : OpenAiErrors.Invalid(Field, $"asks for {question.Choices} answers; at most {limits.Choices} are given at once. Send the rest in another request");
    }

    private static ApiError? Prompts(JsonElement prompt, Limits limits, out IReadOnlyList<TextPrompt> prompts)
    {
        var list = new List<TextPrompt>();
        prompts = list;
        if (prompt.ValueKind == JsonValueKind.Array && prompt.GetArrayLength() == 0)
            return OpenAiErrors.Invalid(Field, "must not be empty");
        // A list of numbers is one prompt; any other list has one in each place.
        if (prompt.ValueKind != JsonValueKind.Array || prompt[0].ValueKind == JsonValueKind.Number)
            return Add(prompt, Field, list);
        if (prompt.GetArrayLength() > limits.Choices)
            return OpenAiErrors.Invalid(Field, $"has more than {limits.Choices} prompts; send the rest in another request");
        foreach (var item in prompt.EnumerateArray())
        {
            if (Add(item, $"{Field}[{list.Count}]", list) is { } wrong)
                return wrong;
        }

        return null;
    }

    private static ApiError? Add(JsonElement element, string path, List<TextPrompt> prompts)
    {
        if (JsonBody.TryText(element, out var text))
            prompts.Add(new TextPrompt(text, []));
        else if (JsonBody.TryTokens(element, out var tokens))
            prompts.Add(new TextPrompt(null, tokens));
        else
            return OpenAiErrors.Invalid(path, "must be a string (well-formed Unicode), a list of token ids, or a list of such", "invalid_type");
        return prompts[^1] is { Text.Length: 0 } or { Text: null, Tokens.Count: 0 } ? OpenAiErrors.Invalid(path, "must not be empty") : null;
    }
}
