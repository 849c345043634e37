using System.Text.Json;
using Atoma.Api.Errors;

namespace Atoma.Api.Answers;

/// <summary>
/// Fields of OpenAI's that change what an answer means and that this network cannot do: refused by name, never silently
/// dropped. A value that asks for nothing (null, false, an empty list, the default) is let through.
/// </summary>
internal static class UnsupportedFields
{
    private sealed record Rule(string Field, Func<JsonElement, bool> AsksForNothing, string Hint);

    private static readonly Rule[] Rules =
    [
        new("functions", EmptyList, "Send 'tools'; the older form of function calls is not offered."),
        new("function_call", v => Says(v, "none"), "Send 'tool_choice'; the older form of function calls is not offered."),
        new("top_logprobs", v => Whole(v, 0), "Send the number in 'logprobs'."),
        new("echo", False, "Send it to POST /v1/completions."),
        new("suffix", v => Says(v, ""), "Remove it; text is only continued at its end."),
        new("best_of", v => Whole(v, 1), "Send the number in 'n'."),
        new("audio", Never, "Remove it; only text is offered."),
        new("modalities", TextOnly, "Only [\"text\"] is offered."),
        new("web_search_options", Never, "Remove it; nodes do not search the web."),
    ];

    /// <summary>Of POST /v1/completions: a text has no place for tools.</summary>
    private static readonly Rule[] TextRules =
    [
        new("tools", EmptyList, "Send it to POST /v1/chat/completions."),
        new("tool_choice", v => Says(v, "none"), "Send it to POST /v1/chat/completions."),
    ];

    private static readonly Rule[] MessageRules =
    [
        new("function_call", Never, "Send 'tool_calls'; the older form of function calls is not offered."),
        new("audio", Never, "Remove it; only text is offered."),
    ];

    /// <summary>The first refused field, in the order of the list; null when there is none.</summary>
    public static ApiError? Find(IReadOnlyDictionary<string, JsonElement>? fields) => Find(fields, Rules, "");

    public static ApiError? FindInText(IReadOnlyDictionary<string, JsonElement>? fields) => Find(fields, TextRules, "");

    public static ApiError? FindInMessage(IReadOnlyDictionary<string, JsonElement>? fields, string path) => Find(fields, MessageRules, path + ".");

    private static ApiError? Find(IReadOnlyDictionary<string, JsonElement>? fields, Rule[] rules, string prefix)
    {
        if (fields is null)
            return null;
        foreach (var rule in rules)
        {
            if (fields.TryGetValue(rule.Field, out var value) && value.ValueKind != JsonValueKind.Null && !rule.AsksForNothing(value))
                return OpenAiErrors.Unsupported(prefix + rule.Field, rule.Hint);
        }

        return null;
    }

    private static bool Never(JsonElement value) => false;

    private static bool False(JsonElement value) => value.ValueKind == JsonValueKind.False;

    private static bool EmptyList(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0;

    private static bool Says(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static bool Whole(JsonElement value, int number) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n == number;

    private static bool TextOnly(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => Says(v, "text"));
}
