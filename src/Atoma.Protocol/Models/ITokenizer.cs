namespace Atoma.Protocol.Models;

/// <summary>One message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">Plain text.</param>
public sealed record ChatMessage(string Role, string Content);

/// <summary>A model's tokenizer and chat template. Needs no weights and no context; safe to call from many threads.</summary>
public interface ITokenizer
{
    int VocabularySize { get; }

    /// <summary>Whether the model brings a chat template; without one a plain documented form is used.</summary>
    bool HasChatTemplate { get; }

    /// <summary>Token ids of a plain text, begin-of-sequence token included where the model wants one. Special tokens written in the text stay text.</summary>
    int[] Tokenize(string text);

    /// <summary>Token ids of a conversation in the model's chat template, ready for the assistant's answer.</summary>
    int[] TokenizeChat(IReadOnlyList<ChatMessage> messages);

    /// <summary>UTF-8 bytes of one token; empty for special tokens. Bytes of several tokens may form one character.</summary>
    byte[] TokenBytes(int token);
}
