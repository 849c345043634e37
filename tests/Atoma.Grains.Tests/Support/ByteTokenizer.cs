using System.Text;
using Atoma.Protocol.Models;

namespace Atoma.Grains.Tests.Support;

/// <summary>Bytes are tokens; the one after the last byte ends an answer.</summary>
internal sealed class ByteTokenizer : ITokenizer
{
    public const int End = 256;

    public int VocabularySize => 257;

    public bool HasChatTemplate => false;

    public ToolCallFormat ToolCalls => ToolCallFormat.Tagged;

    public static int[] Tokens(string text) => [.. Encoding.UTF8.GetBytes(text)];

    public int[] Tokenize(string text) => Tokens(text);

    public int[] TokenizeChat(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null) =>
        messages.All(m => m.Role is "system" or "user" or "assistant" or "tool")
            ? Tokens(string.Concat(tools ?? []) + string.Concat(messages.Select(m => $"{m.Role}: {m.Content}{string.Concat(m.ToolCalls.Select(c => c.Name + c.Arguments))}\n")))
            : throw new PromptRefusedException("A role is system, user, assistant or tool.");

    public byte[] TokenBytes(int token) => token == End ? [] : [checked((byte)token)];
}

/// <summary>Knows every model whose name starts as the tests' do.</summary>
internal sealed class ByteTokenizers : ITokenizers
{
    private readonly ByteTokenizer _tokenizer = new();

    public ITokenizer? Find(string model) => model.StartsWith("test-", StringComparison.Ordinal) ? _tokenizer : null;
}
