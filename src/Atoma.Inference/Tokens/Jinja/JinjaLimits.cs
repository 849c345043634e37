namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Bounds of a template and of one rendering. A template comes with a stranger's model, its values with a stranger's request.</summary>
internal static class JinjaLimits
{
    /// <summary>Characters of a template; the longest that models bring have about 20,000.</summary>
    public const int TemplateCharacters = 1 << 18;

    /// <summary>Nodes of the syntax tree; the longest templates have about 3,000.</summary>
    public const int Nodes = 50_000;

    /// <summary>Nesting of expressions, statements, macro calls and values, together: deeper than any real one, and far from the end of a thread's stack.</summary>
    public const int Depth = 400;

    /// <summary>Characters of what is written, and of any one text on the way: what the tokenizer takes.</summary>
    public const int TextCharacters = TokenLimits.TextBytes;

    /// <summary>
    /// Work of one rendering: one for each node looked at and each item or 256 characters touched. The longest conversation that
    /// the tokenizer takes needs under a million; this many are done within a second.
    /// </summary>
    public const int Steps = 10_000_000;

    /// <summary>Characters or items that count as one step.</summary>
    public const int CharactersPerStep = 256;

    /// <summary>Items of a list or entries of a dictionary.</summary>
    public const int Items = 100_000;
}
