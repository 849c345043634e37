namespace Atoma.Protocol.Verification.Grammar;

/// <summary>What is wrong with a grammar. Append only.</summary>
public enum GrammarError
{
    /// <summary>Longer than <see cref="GrammarLimits.TextBytes"/>.</summary>
    TooLong = 1,

    /// <summary>Not GBNF.</summary>
    Syntax = 2,

    /// <summary>A rule that is named but not defined, or no root.</summary>
    UndefinedRule = 3,

    /// <summary>A rule defined twice.</summary>
    DuplicateRule = 4,

    /// <summary>A rule that starts with itself.</summary>
    LeftRecursion = 5,

    /// <summary>An unbounded repetition of something that may be empty.</summary>
    EmptyRepetition = 6,

    /// <summary>A rule that no finite text satisfies.</summary>
    EndlessRule = 7,

    /// <summary>One of <see cref="GrammarLimits"/> is exceeded.</summary>
    TooLarge = 8,

    /// <summary>Reading one token took more than <see cref="GrammarLimits.StepsPerToken"/>: the grammar is too ambiguous.</summary>
    TooManySteps = 9,

    /// <summary>No token of the model's vocabulary can begin the text.</summary>
    NoTokenFits = 10,
}

/// <summary>A grammar that is refused, or given up while an answer was read.</summary>
public sealed class GrammarException : FormatException
{
    public GrammarException()
        : this(GrammarError.Syntax, "The grammar is refused.")
    {
    }

    public GrammarException(string message)
        : this(GrammarError.Syntax, message)
    {
    }

    public GrammarException(string message, Exception innerException)
        : base(message, innerException) => Error = GrammarError.Syntax;

    public GrammarException(GrammarError error, string message)
        : base(message) => Error = error;

    public GrammarError Error { get; }
}
