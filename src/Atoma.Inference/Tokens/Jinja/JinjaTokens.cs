namespace Atoma.Inference.Tokens.Jinja;

/// <summary>The tokens of a template, read one by one, and the bounds of what they may build.</summary>
internal sealed class JinjaTokens(IReadOnlyList<JinjaToken> tokens)
{
    private int _at;
    private int _nodes;
    private int _depth;

    public JinjaToken Current => tokens[_at];

    public JinjaToken Following => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public int Line => Current.Line;

    public JinjaToken Take()
    {
        var token = Current;
        if (_at < tokens.Count - 1)
            _at++;
        return token;
    }

    public bool TryOperator(string symbol)
    {
        if (!Current.IsOperator(symbol))
            return false;
        Take();
        return true;
    }

    public bool TryName(string name)
    {
        if (!Current.IsName(name))
            return false;
        Take();
        return true;
    }

    public void Expect(string symbol)
    {
        if (!TryOperator(symbol))
            throw Fault($"expected '{symbol}'");
    }

    public JinjaToken Expect(JinjaTokenKind kind, string what) => Current.Kind == kind ? Take() : throw Fault("expected " + what);

    public string ExpectName() => Expect(JinjaTokenKind.Name, "a name").Text;

    /// <summary>Counts a node of the syntax tree.</summary>
    public T Node<T>(T node)
    {
        if (++_nodes > JinjaLimits.Nodes)
            throw new JinjaException(JinjaError.Limit, Line, $"The template has more than {JinjaLimits.Nodes} parts");
        return node;
    }

    /// <summary>Goes one level deeper; a left-leaning chain such as a + b + c counts as one level for each of its parts.</summary>
    public T Nested<T>(Func<T> read)
    {
        if (++_depth > JinjaLimits.Depth)
            throw new JinjaException(JinjaError.Limit, Line, $"The template is nested more than {JinjaLimits.Depth} deep");
        var result = read();
        _depth--;
        return result;
    }

    public JinjaException Fault(string expected) =>
        new(JinjaError.Syntax, Line, Current.Kind == JinjaTokenKind.End ? $"The template ends where it {expected}" : $"'{Shown(Current.Text)}': {expected}");

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
