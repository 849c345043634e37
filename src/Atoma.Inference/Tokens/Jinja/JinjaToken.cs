namespace Atoma.Inference.Tokens.Jinja;

internal enum JinjaTokenKind
{
    /// <summary>Text between tags.</summary>
    Data,
    BlockBegin,
    BlockEnd,
    PrintBegin,
    PrintEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">Data and texts as they are meant, everything else as written.</param>
/// <param name="Line">Where it starts, from 1.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line)
{
    public bool IsName(string name) => Kind == JinjaTokenKind.Name && Text == name;

    public bool IsOperator(string symbol) => Kind == JinjaTokenKind.Operator && Text == symbol;
}
