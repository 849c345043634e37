using System.Text;
using Atoma.Inference.Native;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>The tokenizer and chat template of a GGUF model, by llama.cpp.</summary>
internal sealed class LlamaTokenizer : ITokenizer, IDisposable
{
    /// <summary>Stands for message i's content while the template alone is tokenised; private-use characters that no vocabulary gives a meaning.</summary>
    private const char Mark = '\uE0A7';

    private readonly Vocabulary _vocabulary;
    private readonly ChatTemplate _template;

    /// <exception cref="InferenceException">The model's chat template is not known.</exception>
    public LlamaTokenizer(SafeModelHandle model)
    {
        _template = ChatTemplate.Of(model);
        _vocabulary = new Vocabulary(model);
    }

    public int VocabularySize => _vocabulary.Size;

    public bool HasChatTemplate => _template.IsFromModel;

    public IReadOnlyList<int> EndOfGeneration => _vocabulary.EndOfGeneration;

    public int[] Tokenize(string text) => _vocabulary.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial: true, parseSpecial: false);

    public int[] TokenizeChat(IReadOnlyList<ChatMessage> messages)
    {
        if (messages.Count is 0 or > TokenLimits.Messages)
            throw new ArgumentException($"A conversation has 1 to {TokenLimits.Messages} messages, not {messages.Count}.", nameof(messages));
        return messages.Any(HoldsSpecialText) ? TokenizeApart(messages) : TokenizeWhole(messages);
    }

    public byte[] TokenBytes(int token) => _vocabulary.BytesOf(token);

    public void Dispose() => _vocabulary.Dispose();

    /// <summary>The usual way: template and contents together, so that tokens fall as they did in training.</summary>
    private int[] TokenizeWhole(IReadOnlyList<ChatMessage> messages) =>
        WithoutDoubleBegin(_vocabulary.Tokenize(Encoding.UTF8.GetBytes(_template.Render(messages)), addSpecial: true, parseSpecial: true));

    /// <summary>
    /// A message that writes out a control token ("&lt;|im_end|&gt;") must not become one, or a user could speak as the system.
    /// Template and contents are tokenised apart, special tokens parsed in the template alone.
    /// </summary>
    private int[] TokenizeApart(IReadOnlyList<ChatMessage> messages)
    {
        var marked = messages.Select((m, i) => m with { Role = HoldsSpecialText(m.Role) ? "user" : m.Role, Content = $"{Mark}{i}{Mark}" }).ToArray();
        var pieces = _template.Render(marked).Split(Mark);
        var tokens = new List<int>();
        // Between two marks stands a message's number, around them the template.
        for (var i = 0; i < pieces.Length; i++)
        {
            var isContent = i % 2 == 1;
            var text = isContent ? messages[int.Parse(pieces[i])].Content : pieces[i];
            if (text.Length > 0)
                tokens.AddRange(_vocabulary.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial: i == 0, parseSpecial: !isContent));
        }

        return WithoutDoubleBegin([.. tokens]);
    }

    private bool HoldsSpecialText(ChatMessage message) => HoldsSpecialText(message.Content) || HoldsSpecialText(message.Role);

    private bool HoldsSpecialText(string text)
    {
        if (text.Contains(Mark))
            return true;
        foreach (var special in _vocabulary.SpecialTexts)
        {
            if (text.Contains(special, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Some templates write the begin token themselves.</summary>
    private int[] WithoutDoubleBegin(int[] tokens)
    {
        var begin = _vocabulary.BeginOfSequence;
        return begin >= 0 && tokens.Length > 1 && tokens[0] == begin && tokens[1] == begin ? tokens[1..] : tokens;
    }
}
