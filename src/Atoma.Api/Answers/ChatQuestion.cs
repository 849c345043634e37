using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>Reads a chat body.</summary>
internal static class ChatQuestion
{
    private const string Field = "messages";

    public static Parsed<Question> Parse(ChatCompletionBody body, Limits limits)
    {
        if (body.MaxTokens is { } first && body.MaxCompletionTokens is { } second && first != second)
            return OpenAiErrors.Invalid("max_completion_tokens", "contradicts 'max_tokens'; send one of them");
        var maxTokensField = body.MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens";
        if (QuestionParser.Common(body, body.MaxCompletionTokens ?? body.MaxTokens, maxTokensField, Field).Failed(out var error, out var question))
            return error;
        if (body.Messages is null)
            return OpenAiErrors.Missing(Field, "Send a list such as [{\"role\": \"user\", \"content\": \"Hello\"}].");
        if (body.Messages.Count == 0)
            return OpenAiErrors.Invalid(Field, "must have at least one message");
        if (body.Messages.Count > limits.Messages)
            return OpenAiErrors.Invalid(Field, $"has more than {limits.Messages} messages");
        var turns = new ChatTurn[body.Messages.Count];
        for (var i = 0; i < turns.Length; i++)
        {
            if (Turn(body.Messages[i], $"{Field}[{i}]").Failed(out error, out var turn))
                return error;
            turns[i] = turn;
        }

        return question with { Messages = turns };
    }

    private static Parsed<ChatTurn> Turn(ChatMessageBody? message, string path)
    {
        if (message is null)
            return OpenAiErrors.Invalid(path, "must be an object", "invalid_type");
        if (UnsupportedFields.FindInMessage(message.Others, path) is { } unsupported)
            return unsupported;
        switch (message.Role)
        {
            case null:
                return OpenAiErrors.Missing(path + ".role", "It is system, user or assistant.");
            case "tool" or "function":
                return OpenAiErrors.Unsupported(path + ".role", "Roles are system, user and assistant; tool calls are not offered.");
            case not ("system" or "developer" or "user" or "assistant"):
                return OpenAiErrors.Invalid(path + ".role", "must be system, user or assistant");
        }

        var role = message.Role == "developer" ? "system" : message.Role;
        if (message.Content is not { } content)
            return OpenAiErrors.Missing(path + ".content", "It is a text, or a list of text parts.");
        if (JsonBody.TryText(content, out var text))
            return new ChatTurn(role, text);
        if (content.ValueKind != JsonValueKind.Array)
            return OpenAiErrors.Invalid(path + ".content", "must be a string (well-formed Unicode) or a list of text parts", "invalid_type");
        return Parts(role, content, path + ".content");
    }

    private static Parsed<ChatTurn> Parts(string role, JsonElement content, string path)
    {
        var texts = new List<string>();
        foreach (var part in content.EnumerateArray())
        {
            var at = $"{path}[{texts.Count}]";
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || !JsonBody.TryText(type, out var kind))
                return OpenAiErrors.Invalid(at, "must be a part such as {\"type\": \"text\", \"text\": \"Hello\"}", "invalid_type");
            if (kind != "text")
                return OpenAiErrors.Unsupported(at + ".type", "Only text parts are offered.");
            if (!part.TryGetProperty("text", out var value) || !JsonBody.TryText(value, out var text))
                return OpenAiErrors.Invalid(at + ".text", "must be a string", "invalid_type");
            texts.Add(text);
        }

        return texts.Count == 0
            ? OpenAiErrors.Invalid(path, "must have at least one part")
            : new ChatTurn(role, string.Join('\n', texts));
    }
}
