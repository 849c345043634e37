using System.Text.Json;
using Atoma.Inference.Tokens.Jinja;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>A conversation as the variables that transformers gives a template.</summary>
internal static class ChatValues
{
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = TokenLimits.JsonDepth };

    /// <param name="messages">The conversation.</param>
    /// <param name="tools">JSON objects.</param>
    /// <param name="form">What this template wants.</param>
    /// <param name="answerFollows">Whether the text ends where the assistant begins.</param>
    /// <exception cref="FormatException">Tools or arguments are not JSON objects, or hold a number that 64 bits cannot.</exception>
    public static IEnumerable<(string, JinjaValue)> Of(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools, ChatConventions form, bool answerFollows) =>
    [
        ("messages", new ListValue([.. messages.Select((m, i) => Message(messages, i, form))])),
        ("tools", tools.Count == 0 ? NoneValue.Instance : new ListValue([.. tools.Select(Parse)])),
        ("documents", NoneValue.Instance),
        ("add_generation_prompt", BooleanValue.Of(answerFollows)),
    ];

    private static DictionaryValue Message(IReadOnlyList<ChatMessage> messages, int index, ChatConventions form)
    {
        var message = messages[index];
        var entries = new List<(JinjaValue, JinjaValue)> { (Key("role"), Text(message.Role)), (Key("content"), Content(message, form)) };
        if (message.ToolCalls.Count > 0)
            entries.Add((Key("tool_calls"), new ListValue([.. message.ToolCalls.Select(c => Call(c, form))])));
        if (message.Role == "tool")
        {
            if ((message.Name ?? NameOf(messages, index)) is { } name)
                entries.Add((Key("name"), Text(name)));
            if (message.ToolCallId is { } id)
                entries.Add((Key("tool_call_id"), Text(id)));
        }

        return new DictionaryValue(entries);
    }

    private static JinjaValue Content(ChatMessage message, ChatConventions form)
    {
        if (message.Content.Length == 0 && message.ToolCalls.Count > 0 && form.NoContentWithCalls)
            return NoneValue.Instance;
        return form.ContentInParts
            ? new ListValue([new DictionaryValue([(Key("type"), TextValue.Template("text")), (Key("text"), Text(message.Content))])])
            : Text(message.Content);
    }

    private static DictionaryValue Call(ChatToolCall call, ChatConventions form) => new(
    [
        (Key("id"), Text(call.Id)),
        (Key("type"), TextValue.Template("function")),
        (Key("function"), new DictionaryValue([(Key("name"), Text(call.Name)), (Key("arguments"), form.ArgumentsAsText ? Text(call.Arguments) : Parse(call.Arguments))])),
    ]);

    /// <summary>The tool that a tool's message answers for: OpenAI's API names only the call.</summary>
    private static string? NameOf(IReadOnlyList<ChatMessage> messages, int index) =>
        messages.Take(index).Reverse().SelectMany(m => m.ToolCalls).FirstOrDefault(c => c.Id == messages[index].ToolCallId)?.Name;

    private static JinjaValue Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? PythonJson.Read(document.RootElement)
                : throw new FormatException("a tool or the arguments of a call are not a JSON object");
        }
        catch (JsonException e)
        {
            throw new FormatException("a tool or the arguments of a call are not JSON", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("a tool or the arguments of a call hold text that is not well-formed Unicode", e);
        }
    }

    private static TextValue Key(string name) => TextValue.Template(name);

    private static TextValue Text(string text) => new(MarkedText.Input(text));
}
