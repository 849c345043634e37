using System.Runtime.InteropServices;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>A model's vocabulary: texts to tokens and back. Safe from many threads, as the library's tokenizer is.</summary>
internal sealed unsafe class Vocabulary : IDisposable
{
    private readonly SafeVocabularyHandle _handle;

    public Vocabulary(SafeModelHandle model)
    {
        _handle = new SafeVocabularyHandle(model);
        Size = LlamaApi.llama_vocab_n_tokens(_handle);
        BeginOfSequence = LlamaApi.llama_vocab_get_add_bos(_handle) != 0 ? LlamaApi.llama_vocab_bos(_handle) : LlamaConstants.NoToken;

        var end = new List<int>();
        var controls = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var token = 0; token < Size; token++)
        {
            if (LlamaApi.llama_vocab_is_eog(_handle, token) != 0)
                end.Add(token);
            const int Control = LlamaConstants.TokenAttributeControl | LlamaConstants.TokenAttributeUnknown;
            if ((LlamaApi.llama_vocab_get_attr(_handle, token) & Control) != 0 && TextOf(token) is { Length: > 0 } text)
                controls.TryAdd(text, token);
        }

        EndOfGeneration = end;
        Controls = controls;
        var template = LlamaApi.llama_model_chat_template(model, null);
        ChatTemplate = template is null ? null : Marshal.PtrToStringUTF8((nint)template);
        SpecialTokens = new (string Name, int Token)[] { ("bos_token", LlamaApi.llama_vocab_bos(_handle)), ("eos_token", LlamaApi.llama_vocab_eos(_handle)) }
            .Where(t => t.Token >= 0 && t.Token < Size).ToDictionary(t => t.Name, t => TextOf(t.Token) ?? "", StringComparer.Ordinal);
    }

    public int Size { get; }

    /// <summary>The token put before every prompt, or −1.</summary>
    public int BeginOfSequence { get; }

    /// <summary>Tokens that end an answer, ascending.</summary>
    public IReadOnlyList<int> EndOfGeneration { get; }

    /// <summary>Texts that become these control tokens when special tokens are parsed, and stay text when they are not.</summary>
    public IReadOnlyDictionary<string, int> Controls { get; }

    public IEnumerable<string> ControlTexts => Controls.Keys;

    /// <summary>The template in the model's metadata; null when it has none.</summary>
    public string? ChatTemplate { get; }

    /// <summary>Texts of the tokens that templates name: bos_token and eos_token, where there are such.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    /// <param name="text">UTF-8, at most <see cref="TokenLimits.TextBytes"/>.</param>
    /// <param name="addSpecial">Put the begin-of-sequence token before it, where the model wants one.</param>
    /// <param name="parseSpecial">Read the texts of special tokens as those tokens.</param>
    /// <exception cref="PromptRefusedException">Too long.</exception>
    /// <exception cref="InferenceException">The library refused it.</exception>
    public int[] Tokenize(ReadOnlySpan<byte> text, bool addSpecial, bool parseSpecial)
    {
        if (text.Length > TokenLimits.TextBytes)
            throw new PromptRefusedException($"The prompt has {text.Length} bytes; at most {TokenLimits.TextBytes} can be tokenised. Shorten it.");
        // At most a token for each byte, with room for begin and end tokens.
        var tokens = new int[text.Length + 8];
        fixed (byte* bytes = text)
        fixed (int* buffer = tokens)
        {
            var count = LlamaApi.llama_tokenize(_handle, bytes, text.Length, buffer, tokens.Length, (byte)(addSpecial ? 1 : 0), (byte)(parseSpecial ? 1 : 0));
            if (count < 0)
                throw new InferenceException(InferenceError.TokenizeFailed, $"llama.cpp could not tokenise a text of {text.Length} bytes ({count}).");
            return tokens[..count];
        }
    }

    /// <summary>The bytes that a token writes; none for control tokens.</summary>
    /// <exception cref="InferenceException">Not a token of this vocabulary.</exception>
    public byte[] BytesOf(int token)
    {
        if (token < 0 || token >= Size)
            throw new InferenceException(InferenceError.TokenizeFailed, $"Token {token} is not one of the {Size} tokens.");
        var buffer = stackalloc byte[TokenLimits.TokenBytes];
        var count = LlamaApi.llama_token_to_piece(_handle, token, buffer, TokenLimits.TokenBytes, 0, special: 0);
        Invariant.Assert(count <= TokenLimits.TokenBytes);
        return count <= 0 ? [] : new ReadOnlySpan<byte>(buffer, count).ToArray();
    }

    private string? TextOf(int token) => Marshal.PtrToStringUTF8((nint)LlamaApi.llama_vocab_get_text(_handle, token));

    public void Dispose() => _handle.Dispose();
}
