using System.Globalization;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Expressions with Jinja's precedence, loosest first: if–else, or, and, not, comparisons, + −, ~, * / // %, signs, **, then . [] () | is.</summary>
internal sealed class JinjaExpressionParser(JinjaTokens tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    public Expression Read() => tokens.Nested(ReadConditional);

    /// <summary>One expression, or several with commas: a tuple.</summary>
    public Expression ReadTuple()
    {
        var line = tokens.Line;
        var first = Read();
        if (!tokens.Current.IsOperator(","))
            return first;
        var items = new List<Expression> { first };
        while (tokens.TryOperator(",") && !EndsTuple())
            items.Add(Read());
        return tokens.Node(new Expression.Sequence(line, items, IsTuple: true));
    }

    /// <summary>A filter without its input: of a block.</summary>
    public Expression.Filter ReadBlockFilter()
    {
        var filter = ReadFilter(null);
        while (tokens.TryOperator("|"))
            filter = ReadFilter(filter);
        return filter;
    }

    private bool EndsTuple() =>
        tokens.Current.Kind is JinjaTokenKind.BlockEnd or JinjaTokenKind.PrintEnd || tokens.Current.IsOperator(")") || tokens.Current.IsOperator("]");

    private Expression ReadConditional()
    {
        var line = tokens.Line;
        var value = ReadLogic(isAnd: false);
        while (tokens.TryName("if"))
        {
            var condition = ReadLogic(isAnd: false);
            var otherwise = tokens.TryName("else") ? Read() : null;
            value = tokens.Node(new Expression.Conditional(line, condition, value, otherwise));
        }

        return value;
    }

    /// <summary>The operand of a condition or of a loop's filter: no if of its own.</summary>
    public Expression ReadWithoutCondition() => tokens.Nested(() => ReadLogic(isAnd: false));

    private Expression ReadLogic(bool isAnd)
    {
        var left = isAnd ? ReadNot() : ReadLogic(isAnd: true);
        while (tokens.Current.IsName(isAnd ? "and" : "or"))
        {
            var line = tokens.Take().Line;
            var right = isAnd ? ReadNot() : ReadLogic(isAnd: true);
            left = tokens.Node(new Expression.Logic(line, isAnd, left, right));
        }

        return left;
    }

    private Expression ReadNot()
    {
        var line = tokens.Line;
        return tokens.TryName("not") ? tokens.Node(new Expression.Not(line, tokens.Nested(ReadNot))) : ReadComparison();
    }

    private Expression ReadComparison()
    {
        var line = tokens.Line;
        var first = ReadSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Current.Kind == JinjaTokenKind.Operator && Comparisons.Contains(tokens.Current.Text))
                rest.Add((tokens.Take().Text, ReadSum()));
            else if (tokens.TryName("in"))
                rest.Add(("in", ReadSum()));
            else if (tokens.Current.IsName("not") && tokens.Following.IsName("in"))
                rest.Add((Take("not in", 2), ReadSum()));
            else
                break;
        }

        return rest.Count == 0 ? first : tokens.Node(new Expression.Comparison(line, first, rest));
    }

    private string Take(string symbol, int count)
    {
        for (var i = 0; i < count; i++)
            tokens.Take();
        return symbol;
    }

    private Expression ReadSum() => ReadChain(["+", "-"], ReadConcatenation);

    private Expression ReadConcatenation()
    {
        var line = tokens.Line;
        var first = ReadProduct();
        if (!tokens.Current.IsOperator("~"))
            return first;
        var parts = new List<Expression> { first };
        while (tokens.TryOperator("~"))
            parts.Add(ReadProduct());
        return tokens.Node(new Expression.Concatenation(line, parts));
    }

    private Expression ReadProduct() => ReadChain(["*", "/", "//", "%"], () => ReadSigned(withFilters: true));

    private Expression ReadChain(string[] symbols, Func<Expression> operand)
    {
        var left = operand();
        while (tokens.Current.Kind == JinjaTokenKind.Operator && symbols.Contains(tokens.Current.Text))
        {
            var symbol = tokens.Take();
            left = tokens.Node(new Expression.Binary(symbol.Line, symbol.Text, left, operand()));
        }

        return left;
    }

    private Expression ReadSigned(bool withFilters)
    {
        var line = tokens.Line;
        Expression value;
        if (tokens.Current.IsOperator("-") || tokens.Current.IsOperator("+"))
            value = new Expression.Sign(line, Negative: tokens.Take().Text == "-", Inner: tokens.Nested(() => ReadSigned(withFilters: false)));
        else
            value = ReadPostfix(ReadPrimary());
        value = ReadPower(tokens.Node(value));
        return withFilters ? ReadFilters(value) : value;
    }

    private Expression ReadPower(Expression left) =>
        tokens.Current.IsOperator("**")
            ? throw new JinjaException(JinjaError.Unknown, tokens.Line, "Powers (**) are not among what chat templates use, and are not offered")
            : left;

    private Expression ReadPrimary()
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                tokens.Take();
                return Constant(token) ?? new Expression.Name(token.Line, token.Text);
            case JinjaTokenKind.Text:
                var text = tokens.Take().Text;
                while (tokens.Current.Kind == JinjaTokenKind.Text)
                    text += tokens.Take().Text;
                return new Expression.Constant(token.Line, new TextValue(MarkedText.Template(text)));
            case JinjaTokenKind.Integer:
                return new Expression.Constant(token.Line, new IntegerValue(ReadInteger(tokens.Take())));
            case JinjaTokenKind.Float:
                return new Expression.Constant(token.Line, new FloatValue(double.Parse(tokens.Take().Text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture)));
        }

        if (tokens.TryOperator("("))
            return ReadParenthesised(token.Line);
        if (tokens.TryOperator("["))
            return new Expression.Sequence(token.Line, ReadList("]"), IsTuple: false);
        if (tokens.TryOperator("{"))
            return ReadDictionary(token.Line);
        throw tokens.Fault("expected a value");
    }

    private static Expression? Constant(JinjaToken name) => name.Text switch
    {
        "true" or "True" => new Expression.Constant(name.Line, BooleanValue.True),
        "false" or "False" => new Expression.Constant(name.Line, BooleanValue.False),
        "none" or "None" => new Expression.Constant(name.Line, NoneValue.Instance),
        _ => null,
    };

    private static long ReadInteger(JinjaToken token)
    {
        var digits = token.Text.Replace("_", "", StringComparison.Ordinal);
        try
        {
            return digits.Length > 1 && char.IsAsciiLetter(digits[1])
                ? Convert.ToInt64(digits[2..], char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, _ => 2 })
                : long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            throw new JinjaException(JinjaError.Limit, token.Line, $"The number {digits} needs more than 64 bits");
        }
    }

    private Expression ReadParenthesised(int line)
    {
        if (tokens.TryOperator(")"))
            return new Expression.Sequence(line, [], IsTuple: true);
        var value = ReadTuple();
        tokens.Expect(")");
        return value;
    }

    private List<Expression> ReadList(string end)
    {
        var items = new List<Expression>();
        while (!tokens.TryOperator(end))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryOperator(end))
                    break;
            }

            items.Add(Read());
        }

        return items;
    }

    private Expression.Dictionary ReadDictionary(int line)
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.TryOperator("}"))
        {
            if (entries.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryOperator("}"))
                    break;
            }

            var key = Read();
            tokens.Expect(":");
            entries.Add((key, Read()));
        }

        return new Expression.Dictionary(line, entries);
    }

    private Expression ReadPostfix(Expression value)
    {
        while (true)
        {
            var line = tokens.Line;
            if (tokens.TryOperator("."))
                value = ReadAttribute(line, value);
            else if (tokens.TryOperator("["))
                value = ReadSubscript(line, value);
            else if (tokens.TryOperator("("))
                value = ReadCall(line, value);
            else
                return value;
            tokens.Node(value);
        }
    }

    private Expression ReadAttribute(int line, Expression owner)
    {
        if (tokens.Current.Kind == JinjaTokenKind.Integer)
            return new Expression.Item(line, owner, new Expression.Constant(line, new IntegerValue(ReadInteger(tokens.Take()))));
        return new Expression.Attribute(line, owner, tokens.ExpectName());
    }

    private Expression ReadSubscript(int line, Expression owner)
    {
        var from = tokens.Current.IsOperator(":") ? null : ReadTuple();
        if (tokens.TryOperator("]"))
            return new Expression.Item(line, owner, from!);
        if (!tokens.TryOperator(":"))
            throw tokens.Fault("expected ']'");
        var to = tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]") ? null : Read();
        var step = tokens.TryOperator(":") && !tokens.Current.IsOperator("]") ? Read() : null;
        tokens.Expect("]");
        return new Expression.Slice(line, owner, from, to, step);
    }

    /// <summary>A method that no value has is found here, at load, not when a conversation first comes by.</summary>
    private Expression.Call ReadCall(int line, Expression function)
    {
        if (function is Expression.Attribute method && !JinjaMethods.Exists(method.Text))
            throw new JinjaException(JinjaError.Unknown, line, $"There is no method '{method.Text}'");
        return new Expression.Call(line, function, ReadArguments());
    }

    private Arguments ReadArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        while (!tokens.TryOperator(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryOperator(")"))
                    break;
            }

            if (tokens.Current.IsOperator("*") || tokens.Current.IsOperator("**"))
                throw new JinjaException(JinjaError.Unknown, tokens.Line, "Unpacked arguments are not offered");
            if (tokens.Current.Kind == JinjaTokenKind.Name && tokens.Following.IsOperator("="))
            {
                var name = tokens.Take().Text;
                tokens.Take();
                named.Add((name, Read()));
            }
            else if (named.Count > 0)
            {
                throw tokens.Fault("follows a named argument without a name of its own");
            }
            else
            {
                positional.Add(Read());
            }
        }

        return new Arguments(positional, named);
    }

    private Expression ReadFilters(Expression value)
    {
        while (true)
        {
            if (tokens.TryOperator("|"))
                value = tokens.Node(ReadFilter(value));
            else if (tokens.TryName("is"))
                value = tokens.Node(ReadTest(value));
            else if (tokens.Current.IsOperator("("))
                value = tokens.Node(ReadCall(tokens.Take().Line, value));
            else
                return value;
        }
    }

    private Expression.Filter ReadFilter(Expression? input)
    {
        var line = tokens.Line;
        var name = tokens.ExpectName();
        var function = JinjaFilters.Find(name) ?? throw new JinjaException(JinjaError.Unknown, line, $"There is no filter '{name}'");
        return new Expression.Filter(line, input, name, function, tokens.TryOperator("(") ? ReadArguments() : Arguments.None);
    }

    private Expression ReadTest(Expression input)
    {
        var line = tokens.Line;
        var negated = tokens.TryName("not");
        var name = tokens.ExpectName();
        var function = JinjaTests.Find(name) ?? throw new JinjaException(JinjaError.Unknown, line, $"There is no test '{name}'");
        var arguments = Arguments.None;
        if (tokens.TryOperator("("))
            arguments = ReadArguments();
        else if (StartsTestArgument())
            arguments = new Arguments([ReadPostfix(ReadPrimary())], []);
        Expression test = new Expression.Test(line, input, name, function, arguments);
        return negated ? new Expression.Not(line, tokens.Node(test)) : test;
    }

    private bool StartsTestArgument() => tokens.Current.Kind switch
    {
        JinjaTokenKind.Name => tokens.Current.Text is not ("else" or "or" or "and" or "is" or "if" or "in" or "not"),
        JinjaTokenKind.Text or JinjaTokenKind.Integer or JinjaTokenKind.Float => true,
        _ => tokens.Current.IsOperator("[") || tokens.Current.IsOperator("{"),
    };
}
