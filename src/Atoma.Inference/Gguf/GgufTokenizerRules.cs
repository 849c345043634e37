using System.Text;

namespace Atoma.Inference.Gguf;

/// <summary>Refuses tokenizer metadata on which llama.cpp aborts, throws across its C interface, or reads out of bounds.</summary>
internal static class GgufTokenizerRules
{
    private const int TokenTypeByte = 6;

    private static readonly string[] Models = ["llama", "gpt2", "bert", "t5", "rwkv", "plamo2", "gemma4"];

    /// <summary>The two that every text depends on. Of the others llama.cpp itself drops those outside the vocabulary, and real models have some.</summary>
    private static readonly string[] SpecialTokens = ["bos", "eos"];

    /// <exception cref="GgufException">The first broken rule.</exception>
    public static void Require(GgufHeader header)
    {
        var model = header.FindText("tokenizer.ggml.model")
            ?? throw new GgufException(GgufError.KeyMissing, "The file names no tokenizer (tokenizer.ggml.model).");
        if (!Models.Contains(model))
            throw Invalid($"The tokenizer is of a kind that is not supported; known are {string.Join(", ", Models)}.");
        if (header.Find("tokenizer.ggml.tokens") is not { IsArray: true, Type: GgufType.String, Count: > 0 } tokens)
            throw new GgufException(GgufError.KeyMissing, "The file has no vocabulary (tokenizer.ggml.tokens).");

        // What llama.cpp makes of them: C strings, cut at the first zero byte; empty ones get a name.
        var texts = tokens.Strings.Select(t => t.AsSpan().IndexOf((byte)0) is var end and >= 0 ? t[..end] : t)
            .Select((t, i) => t.Length > 0 ? t : Encoding.ASCII.GetBytes($"[EMPTY_{i}]")).ToArray();
        RequireDistinct(texts);
        var types = RequireParallel(header, "tokenizer.ggml.token_type", tokens.Count, GgufType.Int32);
        RequireParallel(header, "tokenizer.ggml.scores", tokens.Count, GgufType.Float32, GgufType.Int32);
        RequireSpecialTokens(header, tokens.Count);
        RequireByteTokens(model, texts, types);
    }

    /// <summary>llama.cpp asserts that no two tokens have the same text.</summary>
    private static void RequireDistinct(byte[][] texts)
    {
        var seen = new HashSet<string>(texts.Length, StringComparer.Ordinal);
        for (var i = 0; i < texts.Length; i++)
        {
            // Latin-1 keeps bytes apart that are no valid UTF-8.
            if (!seen.Add(Encoding.Latin1.GetString(texts[i])))
                throw Invalid($"Token {i} has the same text as one before it.");
        }
    }

    private static GgufValue? RequireParallel(GgufHeader header, string key, int tokens, params ReadOnlySpan<GgufType> types)
    {
        if (header.Find(key) is not { } value)
            return null;
        if (!value.IsArray || !types.Contains(value.Type))
            throw Invalid($"'{key}' is not a list of the right type.");
        return value.Count >= tokens
            ? value
            : throw Invalid($"'{key}' has {value.Count} values for {tokens} tokens.");
    }

    private static void RequireSpecialTokens(GgufHeader header, int tokens)
    {
        foreach (var name in SpecialTokens)
        {
            var key = $"tokenizer.ggml.{name}_token_id";
            if (header.Find(key) is not { } value)
                continue;
            if (value.IsArray || value.AsUInt32() is not { } id || id >= tokens)
                throw Invalid($"'{key}' is not one of the {tokens} token ids.");
        }
    }

    /// <summary>
    /// A SentencePiece vocabulary must be able to write every byte: the tokenizer falls back to byte tokens, and a missing one
    /// is a C++ exception that nobody catches. A token marked as byte must read <c>&lt;0xXX&gt;</c> for the same reason.
    /// </summary>
    private static void RequireByteTokens(string model, byte[][] texts, GgufValue? types)
    {
        for (var i = 0; types is not null && i < texts.Length; i++)
        {
            if (types.AsUInt32(i) == TokenTypeByte && !IsByteToken(texts[i]))
                throw Invalid($"Token {i} is marked as a byte but is not written <0xXX>.");
        }

        if (model != "llama")
            return;
        var found = new bool[256];
        foreach (var token in texts)
        {
            if (token.Length == 1)
                found[token[0]] = true;
            else if (IsByteToken(token))
                found[Convert.FromHexString(Encoding.ASCII.GetString(token, 3, 2))[0]] = true;
        }

        var missing = Array.IndexOf(found, false);
        if (missing >= 0)
            throw Invalid($"The vocabulary has no token for the byte 0x{missing:X2}, so some texts cannot be tokenised.");
    }

    private static bool IsByteToken(byte[] token) =>
        token.Length == 6 && token.AsSpan(0, 3).SequenceEqual("<0x"u8) && token[5] == (byte)'>' && IsHex(token[3]) && IsHex(token[4]);

    private static bool IsHex(byte digit) => digit is >= (byte)'0' and <= (byte)'9' or >= (byte)'A' and <= (byte)'F';

    private static GgufException Invalid(string message) => new(GgufError.TokenizerInvalid, message);
}
