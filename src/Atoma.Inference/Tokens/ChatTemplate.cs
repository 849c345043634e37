using Atoma.Inference.Tokens.Jinja;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>
/// Renders a conversation as the model was taught: by the template in its own metadata, or, for a model without one, as lines
/// <c>User: …</c> and <c>Assistant:</c> (docs/engine.md).
/// </summary>
internal sealed class ChatTemplate
{
    private readonly JinjaTemplate? _template;
    private readonly ChatConventions _conventions;
    private readonly IReadOnlyList<(string, JinjaValue)> _specialTokens;
    private readonly TimeProvider _time;

    private ChatTemplate(JinjaTemplate? template, ChatConventions conventions, IReadOnlyList<(string, JinjaValue)> specialTokens, TimeProvider time) =>
        (_template, _conventions, _specialTokens, _time) = (template, conventions, specialTokens, time);

    public bool IsFromModel => _template is not null;

    public ToolCallFormat ToolCalls => _conventions.ToolCalls;

    /// <summary>Reads the template and tries it: what it does with a conversation is found out here, not when one comes by.</summary>
    /// <param name="source">The template in the model's metadata; null when it has none.</param>
    /// <param name="specialTokens">bos_token and eos_token, as far as the vocabulary has them.</param>
    /// <param name="time">What strftime_now tells.</param>
    /// <exception cref="InferenceException">The template cannot be rendered as it is meant; any other rendering would be a guess.</exception>
    public static ChatTemplate Of(string? source, IReadOnlyDictionary<string, string> specialTokens, TimeProvider time)
    {
        (string, JinjaValue)[] values = [.. specialTokens.Select(t => (t.Key, (JinjaValue)TextValue.Template(t.Value)))];
        if (source is null)
            return new ChatTemplate(null, ChatConventions.Plain, values, time);
        try
        {
            var template = JinjaTemplate.Parse(source);
            var conventions = ChatProbe.Run((messages, tools, form, answerFollows) => Render(template, ChatValues.Of(messages, tools, form, answerFollows), values, time));
            return new ChatTemplate(template, conventions, values, time);
        }
        catch (JinjaException e)
        {
            throw new InferenceException(InferenceError.TemplateUnknown,
                $"The model's chat template cannot be rendered: {e.Message}. Rendering it another way would silently change every answer.", e);
        }
    }

    /// <summary>The whole conversation as text, ending where the assistant's answer begins.</summary>
    /// <exception cref="PromptRefusedException">The template refuses these messages.</exception>
    public MarkedText Render(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools)
    {
        if (_conventions.Problem(messages, tools) is { } problem)
            throw new PromptRefusedException(problem);
        if (_template is null)
            return RenderPlain(messages);
        try
        {
            return Render(_template, ChatValues.Of(messages, tools, _conventions, answerFollows: true), _specialTokens, _time);
        }
        catch (JinjaException e) when (e.Error == JinjaError.Raised)
        {
            throw new PromptRefusedException($"The model's chat template refuses this conversation: {e.Reason.TrimEnd('.', '!')}.", e);
        }
        catch (JinjaException e)
        {
            throw new PromptRefusedException($"The model's chat template cannot be rendered with this conversation: {e.Message}.", e);
        }
        catch (FormatException e)
        {
            throw new PromptRefusedException($"The model's chat template cannot be given this: {e.Message}.", e);
        }
    }

    private static MarkedText Render(
        JinjaTemplate template, IEnumerable<(string, JinjaValue)> conversation, IReadOnlyList<(string, JinjaValue)> specialTokens, TimeProvider time) =>
        template.Render(specialTokens.Concat(conversation), time);

    private static MarkedText RenderPlain(IReadOnlyList<ChatMessage> messages)
    {
        var text = new MarkedText.Builder();
        foreach (var message in messages)
        {
            text.Append(MarkedText.Template(Title(message.Role) + ": "));
            text.Append(MarkedText.Input(message.Content));
            text.Append(MarkedText.Template("\n"));
        }

        text.Append(MarkedText.Template("Assistant:"));
        return text.ToText();
    }

    private static string Title(string role) => role switch
    {
        "system" => "System",
        "assistant" => "Assistant",
        _ => "User",
    };
}
