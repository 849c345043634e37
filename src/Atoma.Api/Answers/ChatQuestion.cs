using System.Text.Json;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>Reads a chat body.</summary>
internal static class ChatQuestion
{
    public const string Field = "messages";

    public static Parsed<Question> Parse(ChatCompletionBody body, Limits limits)
    {
        if (body.MaxTokens is { } first && body.MaxCompletionTokens is { } second && first != second)
            return OpenAiErrors.Invalid("max_completion_tokens", "contradicts 'max_tokens'; send one of them");
        var maxTokensField = body.MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens";
        if (QuestionParser.Common(body, body.MaxCompletionTokens ?? body.MaxTokens, maxTokensField, Field, limits).Failed(out var error, out var question))
            return error;
        if (ToolsParser.Parse(body, limits).Failed(out error, out var tools))
            return error;
        if (tools.Forced.Count > 0 && question.Parameters.Grammar.Length > 0)
            return OpenAiErrors.Invalid("tool_choice", "cannot demand a call together with 'response_format' or 'grammar'; send one of them");
        return Turns(body.Messages, limits).Failed(out error, out var turns) ? error : question with { Kind = AnswerKind.Chat, Messages = turns, Tools = tools };
    }

    /// <summary>A conversation.</summary>
    public static Parsed<ChatTurn[]> Turns(IReadOnlyList<ChatMessageBody?>? messages, Limits limits)
    {
        if (messages is null)
            return OpenAiErrors.Missing(Field, "Send a list such as [{\"role\": \"user\", \"content\": \"Hello\"}].");
        if (messages.Count == 0)
            return OpenAiErrors.Invalid(Field, "must have at least one message");
        if (messages.Count > limits.Messages)
            return OpenAiErrors.Invalid(Field, $"has more than {limits.Messages} messages");
        var turns = new ChatTurn[messages.Count];
        var called = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < turns.Length; i++)
        {
            if (Turn(messages[i], $"{Field}[{i}]", limits, called).Failed(out var error, out var turn))
                return error;
            called.UnionWith(turn.ToolCalls.Select(c => c.Id));
            turns[i] = turn;
        }

        return turns;
    }

    private static Parsed<ChatTurn> Turn(ChatMessageBody? message, string path, Limits limits, HashSet<string> called)
    {
        if (message is null)
            return OpenAiErrors.Invalid(path, "must be an object", "invalid_type");
        if (UnsupportedFields.FindInMessage(message.Others, path) is { } unsupported)
            return unsupported;
        if (Role(message, path, called) is { } badRole)
            return badRole;
        if (ToolsParser.Calls(message.ToolCalls, path + ".tool_calls", limits, out var calls) is { } badCalls)
            return badCalls;

        if (Content(message, path + ".content", mayLack: calls.Count > 0).Failed(out var error, out var text))
            return error;
        string? name = null;
        if (message.Role == "tool" && message.Name is { ValueKind: not JsonValueKind.Null } given && !JsonBody.TryText(given, out name))
            return OpenAiErrors.Invalid(path + ".name", "must be a string", "invalid_type");
        return new ChatTurn(message.Role == "developer" ? "system" : message.Role!, text) { Name = name, ToolCallId = message.ToolCallId, ToolCalls = calls };
    }

    /// <summary>The role, and the fields that only some roles have.</summary>
    private static ApiError? Role(ChatMessageBody message, string path, HashSet<string> called)
    {
        switch (message.Role)
        {
            case null:
                return OpenAiErrors.Missing(path + ".role", "It is system, user, assistant or tool.");
            case "function":
                return OpenAiErrors.Unsupported(path + ".role", "Send the result of a function in the role tool.");
            case not ("system" or "developer" or "user" or "assistant" or "tool"):
                return OpenAiErrors.Invalid(path + ".role", "must be system, user, assistant or tool");
        }

        if (message.ToolCalls?.Count > 0 && message.Role != "assistant")
            return OpenAiErrors.Invalid(path + ".tool_calls", "belongs into a message of the role assistant");
        if (message.Role != "tool")
            return message.ToolCallId is null ? null : OpenAiErrors.Invalid(path + ".tool_call_id", "belongs into a message of the role tool");
        if (message.ToolCallId is null)
            return OpenAiErrors.Missing(path + ".tool_call_id", "It is the id of the call whose result this is.");
        return called.Contains(message.ToolCallId) ? null : OpenAiErrors.Invalid(path + ".tool_call_id", "is the id of no earlier call");
    }

    private static Parsed<string> Content(ChatMessageBody message, string path, bool mayLack)
    {
        if (message.Content is not { } content || (mayLack && content.ValueKind == JsonValueKind.Null))
            return mayLack ? "" : OpenAiErrors.Missing(path, "It is a text, or a list of text parts.");
        if (JsonBody.TryText(content, out var text))
            return text;
        return content.ValueKind == JsonValueKind.Array
            ? Parts(content, path)
            : OpenAiErrors.Invalid(path, "must be a string (well-formed Unicode) or a list of text parts", "invalid_type");
    }

    private static Parsed<string> Parts(JsonElement content, string path)
    {
        var texts = new List<string>();
        foreach (var part in content.EnumerateArray())
        {
            var at = $"{path}[{texts.Count}]";
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || !JsonBody.TryText(type, out var kind))
                return OpenAiErrors.Invalid(at, "must be a part such as {\"type\": \"text\", \"text\": \"Hello\"}", "invalid_type");
            if (kind != "text")
                return OpenAiErrors.Unsupported(at + ".type", Hint(kind));
            if (!part.TryGetProperty("text", out var value) || !JsonBody.TryText(value, out var text))
                return OpenAiErrors.Invalid(at + ".text", "must be a string", "invalid_type");
            texts.Add(text);
        }

        return texts.Count == 0 ? OpenAiErrors.Invalid(path, "must have at least one part") : string.Join('\n', texts);
    }

    private static string Hint(string kind) => kind switch
    {
        "image_url" or "input_image" => "Images are not offered: no model here sees. Only text parts are.",
        "input_audio" => "Audio is not offered: no model here hears. Only text parts are.",
        "file" or "input_file" => "Files are not offered; send their text. Only text parts are.",
        _ => "Only text parts are offered.",
    };
}
