namespace Atoma.Inference.Tokens.Jinja;

/// <summary>What is wrong with a template or with what it was given. Append only.</summary>
internal enum JinjaError
{
    /// <summary>Not Jinja.</summary>
    Syntax = 1,

    /// <summary>A statement, filter, test or method that this interpreter does not have: rendering it another way would be a guess.</summary>
    Unknown = 2,

    /// <summary>An operation on a value that cannot have it, or on one that is not defined.</summary>
    Type = 3,

    /// <summary>One of <see cref="JinjaLimits"/>.</summary>
    Limit = 4,

    /// <summary>The template itself refuses what it was given (raise_exception).</summary>
    Raised = 5,
}

/// <summary>A template cannot be read or rendered.</summary>
/// <param name="error">In which way.</param>
/// <param name="line">Line of the template, from 1.</param>
/// <param name="reason">One sentence without its full stop; of <see cref="JinjaError.Raised"/> the template's own words.</param>
internal sealed class JinjaException(JinjaError error, int line, string reason) : Exception($"{reason} (template line {line})")
{
    public JinjaException()
        : this(JinjaError.Syntax, 1, "The template cannot be rendered")
    {
    }

    public JinjaException(string message)
        : this(JinjaError.Syntax, 1, message)
    {
    }

    public JinjaException(string message, Exception innerException)
        : this(JinjaError.Syntax, 1, message + ": " + innerException.Message)
    {
    }

    public JinjaError Error => error;

    public int Line => line;

    /// <summary>The message without the line.</summary>
    public string Reason => reason;
}
