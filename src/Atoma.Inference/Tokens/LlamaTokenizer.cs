using System.Text;
using Atoma.Inference.Native;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>The tokenizer of a GGUF model, by llama.cpp, and its chat template.</summary>
internal sealed class LlamaTokenizer : ITokenizer, IDisposable
{
    private readonly Vocabulary _vocabulary;
    private readonly ChatTemplate _template;
    private readonly PromptTokens _prompts;

    /// <summary>Control tokens that mark tool calls.</summary>
    private readonly Dictionary<int, byte[]> _marks;

    /// <param name="model">With or without weights.</param>
    /// <param name="time">What a template that asks for the date is told; null takes the system's clock.</param>
    /// <exception cref="InferenceException">The model's chat template is not one that can be rendered.</exception>
    public LlamaTokenizer(SafeModelHandle model, TimeProvider? time = null)
    {
        _vocabulary = new Vocabulary(model);
        try
        {
            _template = ChatTemplate.Of(_vocabulary.ChatTemplate, _vocabulary.SpecialTokens, time ?? TimeProvider.System);
        }
        catch
        {
            _vocabulary.Dispose();
            throw;
        }

        _prompts = new PromptTokens(_vocabulary);
        _marks = ToolCallMarks.Of(_template.ToolCalls).Where(_vocabulary.Controls.ContainsKey).ToDictionary(m => _vocabulary.Controls[m], Encoding.UTF8.GetBytes);
    }

    public int VocabularySize => _vocabulary.Size;

    public bool HasChatTemplate => _template.IsFromModel;

    public ToolCallFormat ToolCalls => _template.ToolCalls;

    public IReadOnlyList<int> EndOfGeneration => _vocabulary.EndOfGeneration;

    public int[] Tokenize(string text) => _vocabulary.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial: true, parseSpecial: false);

    public int[] TokenizeChat(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null)
    {
        if (messages.Count is 0 or > TokenLimits.Messages)
            throw new PromptRefusedException($"A conversation has 1 to {TokenLimits.Messages} messages, not {messages.Count}.");
        return WithoutDoubleBegin(_prompts.Of(_template.Render(messages, tools ?? [])));
    }

    public byte[] TokenBytes(int token) => _marks.TryGetValue(token, out var mark) ? mark : _vocabulary.BytesOf(token);

    public void Dispose() => _vocabulary.Dispose();

    /// <summary>Some templates write the begin token themselves.</summary>
    private int[] WithoutDoubleBegin(int[] tokens)
    {
        var begin = _vocabulary.BeginOfSequence;
        return begin >= 0 && tokens.Length > 1 && tokens[0] == begin && tokens[1] == begin ? tokens[1..] : tokens;
    }
}
