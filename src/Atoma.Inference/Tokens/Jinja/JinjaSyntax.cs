namespace Atoma.Inference.Tokens.Jinja;

/// <param name="Line">Line of the template, from 1.</param>
internal abstract record Expression(int Line)
{
    public sealed record Constant(int Line, JinjaValue Value) : Expression(Line);

    public sealed record Name(int Line, string Text) : Expression(Line);

    public sealed record Sequence(int Line, IReadOnlyList<Expression> Items, bool IsTuple) : Expression(Line);

    public sealed record Dictionary(int Line, IReadOnlyList<(Expression Key, Expression Item)> Entries) : Expression(Line);

    /// <summary><c>owner.name</c></summary>
    public sealed record Attribute(int Line, Expression Owner, string Text) : Expression(Line);

    /// <summary><c>owner[index]</c></summary>
    public sealed record Item(int Line, Expression Owner, Expression Index) : Expression(Line);

    /// <summary><c>owner[from:to:step]</c></summary>
    public sealed record Slice(int Line, Expression Owner, Expression? From, Expression? To, Expression? Step) : Expression(Line);

    public sealed record Call(int Line, Expression Function, Arguments Arguments) : Expression(Line);

    /// <param name="Input">Null in a filter block or block assignment, where the block's text comes in.</param>
    public sealed record Filter(int Line, Expression? Input, string Title, JinjaFunction Function, Arguments Arguments) : Expression(Line);

    public sealed record Test(int Line, Expression Input, string Title, JinjaFunction Function, Arguments Arguments) : Expression(Line);

    public sealed record Not(int Line, Expression Inner) : Expression(Line);

    /// <summary>Unary + or −.</summary>
    public sealed record Sign(int Line, Expression Inner, bool Negative) : Expression(Line);

    public sealed record Binary(int Line, string Symbol, Expression Left, Expression Right) : Expression(Line);

    /// <summary><c>a ~ b ~ c</c></summary>
    public sealed record Concatenation(int Line, IReadOnlyList<Expression> Parts) : Expression(Line);

    /// <summary><c>a &lt; b &lt;= c</c>: true when every neighbouring pair is.</summary>
    public sealed record Comparison(int Line, Expression First, IReadOnlyList<(string Symbol, Expression Operand)> Rest) : Expression(Line);

    /// <summary><c>a and b</c>, <c>a or b</c></summary>
    public sealed record Logic(int Line, bool IsAnd, Expression Left, Expression Right) : Expression(Line);

    /// <summary><c>a if condition else b</c></summary>
    public sealed record Conditional(int Line, Expression Condition, Expression Then, Expression? Otherwise) : Expression(Line);
}

/// <summary>Arguments of a call, a filter or a test.</summary>
internal sealed record Arguments(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named)
{
    public static readonly Arguments None = new([], []);
}

/// <summary>What an assignment or a loop writes to.</summary>
internal abstract record Target
{
    public sealed record Variable(string Name) : Target;

    public sealed record Field(string Namespace, string Name) : Target;

    public sealed record Unpacked(IReadOnlyList<Target> Parts) : Target;
}

internal abstract record Statement(int Line)
{
    public sealed record Data(int Line, MarkedText Text) : Statement(Line);

    public sealed record Print(int Line, Expression Value) : Statement(Line);

    /// <summary>if and elif in order; an else has the condition true.</summary>
    public sealed record If(int Line, IReadOnlyList<(Expression? Condition, Block Body)> Branches) : Statement(Line);

    public sealed record For(int Line, Target Target, Expression Items, Expression? Filter, Block Body, Block? Otherwise) : Statement(Line);

    public sealed record Set(int Line, Target Target, Expression Value) : Statement(Line);

    /// <summary><c>{% set x | filter %}…{% endset %}</c></summary>
    public sealed record SetBlock(int Line, Target Target, Expression.Filter? Filter, Block Body) : Statement(Line);

    /// <summary><c>{% filter x %}…{% endfilter %}</c></summary>
    public sealed record FilterBlock(int Line, Expression.Filter Filter, Block Body) : Statement(Line);

    public sealed record Macro(int Line, string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, Block Body) : Statement(Line);

    /// <summary><c>{% generation %}…{% endgeneration %}</c>: marks what the assistant wrote, for training. Writes what is in it.</summary>
    public sealed record Generation(int Line, Block Body) : Statement(Line);

    public sealed record Break(int Line) : Statement(Line);

    public sealed record Continue(int Line) : Statement(Line);
}

internal sealed record Block(IReadOnlyList<Statement> Statements);
