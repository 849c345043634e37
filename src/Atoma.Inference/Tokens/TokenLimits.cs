namespace Atoma.Inference.Tokens;

/// <summary>Bounds of what the tokenizer takes.</summary>
public static class TokenLimits
{
    /// <summary>UTF-8 bytes of one text: eight for each token of the longest prompt the protocol takes.</summary>
    public const int TextBytes = 1 << 20;

    /// <summary>Messages of one conversation.</summary>
    public const int Messages = 1024;

    /// <summary>Nesting of tools and of the arguments of a call: what the API takes.</summary>
    public const int JsonDepth = 32;

    /// <summary>Bytes of one token's text.</summary>
    public const int TokenBytes = 4096;
}
