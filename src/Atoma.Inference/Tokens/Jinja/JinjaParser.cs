namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Statements: the ones that chat templates use. Any other is refused, because leaving it out would change the prompt.</summary>
internal sealed class JinjaParser
{
    private readonly JinjaTokens _tokens;
    private readonly JinjaExpressionParser _expressions;
    private int _loops;

    private JinjaParser(IReadOnlyList<JinjaToken> tokens)
    {
        _tokens = new JinjaTokens(tokens);
        _expressions = new JinjaExpressionParser(_tokens);
    }

    /// <exception cref="JinjaException">Not Jinja, or of it something unknown.</exception>
    public static Block Parse(string template)
    {
        var parser = new JinjaParser(JinjaLexer.Read(template));
        var block = parser.ReadBlock([]);
        return parser._tokens.Current.Kind == JinjaTokenKind.End ? block : throw parser._tokens.Fault("does not belong here");
    }

    /// <summary>Statements up to one of these tags, which is left unread (its BlockBegin is taken).</summary>
    private Block ReadBlock(string[] ends)
    {
        var statements = new List<Statement>();
        while (true)
        {
            var token = _tokens.Current;
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    _tokens.Take();
                    statements.Add(_tokens.Node(new Statement.Data(token.Line, MarkedText.Template(token.Text))));
                    break;
                case JinjaTokenKind.PrintBegin:
                    _tokens.Take();
                    statements.Add(_tokens.Node(new Statement.Print(token.Line, _expressions.ReadTuple())));
                    _tokens.Expect(JinjaTokenKind.PrintEnd, "'}}'");
                    break;
                case JinjaTokenKind.BlockBegin when _tokens.Following.Kind == JinjaTokenKind.Name && ends.Contains(_tokens.Following.Text):
                    _tokens.Take();
                    return new Block(statements);
                case JinjaTokenKind.BlockBegin:
                    _tokens.Take();
                    statements.Add(_tokens.Node(_tokens.Nested(ReadStatement)));
                    break;
                default:
                    return ends.Length == 0 ? new Block(statements) : throw _tokens.Fault($"expected {{% {ends[^1]} %}}");
            }
        }
    }

    private Statement ReadStatement()
    {
        var line = _tokens.Line;
        var name = _tokens.ExpectName();
        switch (name)
        {
            case "if":
                return ReadIf(line);
            case "for":
                return ReadFor(line);
            case "set":
                return ReadSet(line);
            case "macro":
                return ReadMacro(line);
            case "filter":
                var filter = _expressions.ReadBlockFilter();
                return new Statement.FilterBlock(line, filter, ReadBody("endfilter"));
            case "generation":
                return new Statement.Generation(line, ReadBody("endgeneration"));
            case "break" or "continue":
                if (_loops == 0)
                    throw new JinjaException(JinjaError.Syntax, line, $"'{name}' outside a loop");
                EndTag();
                return name == "break" ? new Statement.Break(line) : new Statement.Continue(line);
            default:
                throw new JinjaException(JinjaError.Unknown, line, $"The statement '{name}' is not offered");
        }
    }

    private void EndTag() => _tokens.Expect(JinjaTokenKind.BlockEnd, "'%}'");

    /// <summary>The rest of the opening tag, the statements, and the closing tag.</summary>
    private Block ReadBody(string end)
    {
        EndTag();
        var body = ReadBlock([end]);
        _tokens.Take();
        EndTag();
        return body;
    }

    private Statement.If ReadIf(int line)
    {
        var branches = new List<(Expression?, Block)>();
        for (var tag = "if"; ; tag = _tokens.Take().Text)
        {
            if (tag == "endif")
                break;
            var condition = tag == "else" ? null : _expressions.ReadTuple();
            EndTag();
            branches.Add((condition, ReadBlock(tag == "else" ? ["endif"] : ["elif", "else", "endif"])));
        }

        EndTag();
        return new Statement.If(line, branches);
    }

    private Statement.For ReadFor(int line)
    {
        var target = ReadTarget();
        if (!_tokens.TryName("in"))
            throw _tokens.Fault("expected 'in'");
        var items = _expressions.ReadWithoutCondition();
        var filter = _tokens.TryName("if") ? _expressions.Read() : null;
        if (_tokens.Current.IsName("recursive"))
            throw new JinjaException(JinjaError.Unknown, line, "Recursive loops are not offered");
        EndTag();
        _loops++;
        var body = ReadBlock(["else", "endfor"]);
        _loops--;
        var otherwise = _tokens.Take().Text == "else" ? ReadElse() : null;
        EndTag();
        return new Statement.For(line, target, items, filter, body, otherwise);
    }

    private Block ReadElse()
    {
        EndTag();
        var block = ReadBlock(["endfor"]);
        _tokens.Take();
        return block;
    }

    private Statement ReadSet(int line)
    {
        var target = ReadTarget();
        if (_tokens.TryOperator("="))
        {
            var value = _expressions.ReadTuple();
            EndTag();
            return new Statement.Set(line, target, value);
        }

        var filter = _tokens.TryOperator("|") ? _expressions.ReadBlockFilter() : null;
        return new Statement.SetBlock(line, target, filter, ReadBody("endset"));
    }

    private Statement.Macro ReadMacro(int line)
    {
        var name = _tokens.ExpectName();
        var parameters = new List<(string, Expression?)>();
        _tokens.Expect("(");
        while (!_tokens.TryOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.Expect(",");
                if (_tokens.TryOperator(")"))
                    break;
            }

            var parameter = _tokens.ExpectName();
            parameters.Add((parameter, _tokens.TryOperator("=") ? _expressions.Read() : null));
        }

        var loops = _loops;
        _loops = 0;
        var body = ReadBody("endmacro");
        _loops = loops;
        return new Statement.Macro(line, name, parameters, body);
    }

    private Target ReadTarget()
    {
        var first = ReadTargetPart();
        if (!_tokens.Current.IsOperator(","))
            return first;
        var parts = new List<Target> { first };
        while (_tokens.TryOperator(",") && (_tokens.Current.Kind == JinjaTokenKind.Name ? !_tokens.Current.IsName("in") : _tokens.Current.IsOperator("(")))
            parts.Add(ReadTargetPart());
        return new Target.Unpacked(parts);
    }

    private Target ReadTargetPart()
    {
        if (_tokens.TryOperator("("))
        {
            var inner = _tokens.Nested(ReadTarget);
            _tokens.Expect(")");
            return inner;
        }

        var name = _tokens.ExpectName();
        return _tokens.TryOperator(".") ? new Target.Field(name, _tokens.ExpectName()) : new Target.Variable(name);
    }
}
