namespace Atoma.Protocol.Models;

/// <summary>A model's tokenizer and chat template. Needs no weights and no context; safe to call from many threads.</summary>
public interface ITokenizer
{
    int VocabularySize { get; }

    /// <summary>Whether the model brings a chat template; without one a plain documented form is used.</summary>
    bool HasChatTemplate { get; }

    /// <summary>How the model calls tools; <see cref="ToolCallFormat.None"/> when it cannot be given any.</summary>
    ToolCallFormat ToolCalls { get; }

    /// <summary>Token ids of a plain text, begin-of-sequence token included where the model wants one. Special tokens written in the text stay text.</summary>
    /// <exception cref="PromptRefusedException">Too long.</exception>
    int[] Tokenize(string text);

    /// <summary>Token ids of a conversation in the model's chat template, ready for the assistant's answer. What messages and tools write stays text.</summary>
    /// <param name="messages">At least one.</param>
    /// <param name="tools">JSON objects as in OpenAI's <c>tools</c>; null or none when the model is given none.</param>
    /// <exception cref="PromptRefusedException">The template does not take this conversation, or the model takes no tools.</exception>
    int[] TokenizeChat(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null);

    /// <summary>
    /// UTF-8 bytes of one token; empty for control tokens, other than those that mark <see cref="ToolCalls"/>. Bytes of several
    /// tokens may form one character.
    /// </summary>
    byte[] TokenBytes(int token);
}
