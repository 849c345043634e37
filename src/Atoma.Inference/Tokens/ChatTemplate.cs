using System.Text;
using Atoma.Inference.Native;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>
/// Renders a conversation as the model was taught: by one of the templates that llama.cpp recognises, or, for a model
/// without a template, as lines <c>User: …</c> and <c>Assistant:</c> (docs/engine.md).
/// </summary>
internal sealed unsafe class ChatTemplate
{
    private readonly byte[]? _template;

    private ChatTemplate(byte[]? template) => _template = template;

    public bool IsFromModel => _template is not null;

    /// <summary>The template in the model's own metadata.</summary>
    /// <exception cref="InferenceException">The model has a template that llama.cpp does not recognise: any rendering would be a guess.</exception>
    public static ChatTemplate Of(SafeModelHandle model)
    {
        var text = LlamaApi.llama_model_chat_template(model, null);
        if (text is null)
            return new ChatTemplate(null);
        var length = 0;
        while (text[length] != 0)
            length++;
        var template = new ChatTemplate(new ReadOnlySpan<byte>(text, length + 1).ToArray());
        if (template.Apply([new ChatMessage("user", "x")]) is null)
            throw new InferenceException(InferenceError.TemplateUnknown,
                "The model's chat template is not one that llama.cpp recognises; rendering it another way would silently change every answer.");
        return template;
    }

    /// <summary>The whole conversation as text, ending where the assistant's answer begins.</summary>
    /// <exception cref="InferenceException">The template refuses these messages.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages) =>
        _template is null
            ? RenderPlain(messages)
            : Apply(messages) ?? throw new InferenceException(InferenceError.TemplateUnknown, "The model's chat template refuses this conversation.");

    private static string RenderPlain(IReadOnlyList<ChatMessage> messages)
    {
        var text = new StringBuilder();
        foreach (var message in messages)
            text.Append(Title(message.Role)).Append(": ").Append(message.Content).Append('\n');
        return text.Append("Assistant:").ToString();
    }

    private static string Title(string role) => role switch
    {
        "system" => "System",
        "assistant" => "Assistant",
        _ => "User",
    };

    /// <summary>Null when the library does not know the template.</summary>
    private string? Apply(IReadOnlyList<ChatMessage> messages)
    {
        // All texts in one pinned block, each ended by a zero byte; a zero inside a text would cut it short.
        using var block = new MemoryStream();
        var starts = new int[messages.Count * 2];
        for (var i = 0; i < messages.Count; i++)
        {
            starts[i * 2] = Put(block, messages[i].Role);
            starts[i * 2 + 1] = Put(block, messages[i].Content);
        }

        var texts = block.ToArray();
        var chat = new LlamaChatMessage[messages.Count];
        fixed (byte* text = texts)
        fixed (byte* template = _template)
        fixed (LlamaChatMessage* list = chat)
        {
            for (var i = 0; i < chat.Length; i++)
                list[i] = new LlamaChatMessage { role = text + starts[i * 2], content = text + starts[i * 2 + 1] };
            var output = new byte[texts.Length * 2 + 1024];
            for (; ; )
            {
                int length;
                fixed (byte* buffer = output)
                    length = LlamaApi.llama_chat_apply_template(template, list, (nuint)chat.Length, 1, buffer, output.Length);
                if (length < 0)
                    return null;
                if (length <= output.Length)
                    return Encoding.UTF8.GetString(output, 0, length);
                output = new byte[length];
            }
        }
    }

    private static int Put(MemoryStream block, string text)
    {
        var start = (int)block.Length;
        block.Write(Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal)));
        block.WriteByte(0);
        return start;
    }
}
