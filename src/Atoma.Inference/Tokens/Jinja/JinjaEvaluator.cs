namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Values of expressions.</summary>
internal sealed class JinjaEvaluator(JinjaBudget budget)
{
    public JinjaValue Evaluate(Expression expression, JinjaScope scope)
    {
        budget.Step(expression.Line);
        budget.Enter();
        var value = expression switch
        {
            Expression.Constant e => e.Value,
            Expression.Name e => scope.Find(e.Text),
            Expression.Sequence e => budget.List([.. e.Items.Select(i => Evaluate(i, scope))], e.IsTuple ? ListKind.Tuple : ListKind.List),
            Expression.Dictionary e => budget.Dictionary([.. e.Entries.Select(i => (Key(Evaluate(i.Key, scope)), Evaluate(i.Item, scope)))]),
            Expression.Attribute e => JinjaOperators.Attribute(Evaluate(e.Owner, scope), e.Text, budget),
            Expression.Item e => JinjaOperators.Item(Evaluate(e.Owner, scope), Evaluate(e.Index, scope), budget),
            Expression.Slice e => JinjaOperators.Slice(Evaluate(e.Owner, scope), Optional(e.From, scope), Optional(e.To, scope), Optional(e.Step, scope), budget),
            Expression.Call e => Call(e, scope),
            Expression.Filter e => Apply(e, Evaluate(e.Input!, scope), scope),
            Expression.Test e => Invoke(e.Title, e.Function, Evaluate(e.Input, scope), e.Arguments, scope),
            Expression.Not e => BooleanValue.Of(!Evaluate(e.Inner, scope).IsTrue),
            Expression.Sign e => Sign(e, scope),
            Expression.Binary e => JinjaOperators.Apply(e.Symbol, Evaluate(e.Left, scope), Evaluate(e.Right, scope), budget),
            Expression.Concatenation e => budget.Text(JinjaTexts.Join(MarkedText.Empty, e.Parts.Select(p => PythonText.Of(Evaluate(p, scope), budget)), budget)),
            Expression.Comparison e => Compare(e, scope),
            Expression.Logic e => Evaluate(e.Left, scope) is var left && left.IsTrue == e.IsAnd ? Evaluate(e.Right, scope) : left,
            Expression.Conditional e => Evaluate(e.Condition, scope).IsTrue ? Evaluate(e.Then, scope) : Optional(e.Otherwise, scope) ?? new UndefinedValue("the inline if"),
            _ => throw JinjaOperators.Fault(budget, $"No value of {expression.GetType().Name}"),
        };
        budget.Leave();
        return value;
    }

    /// <summary>Of a block, whose text goes through one filter after the other.</summary>
    public JinjaValue ApplyToBlock(Expression.Filter filter, JinjaValue text, JinjaScope scope) =>
        Apply(filter, filter.Input is Expression.Filter earlier ? ApplyToBlock(earlier, text, scope) : text, scope);

    private JinjaValue? Optional(Expression? expression, JinjaScope scope) => expression is null ? null : Evaluate(expression, scope);

    private JinjaValue Apply(Expression.Filter filter, JinjaValue input, JinjaScope scope) => Invoke(filter.Title, filter.Function, input, filter.Arguments, scope);

    private JinjaValue Invoke(string name, JinjaFunction function, JinjaValue input, Arguments arguments, JinjaScope scope) =>
        function(new JinjaCall(name, [input, .. arguments.Positional.Select(a => Evaluate(a, scope))], Named(arguments, scope), budget));

    private JinjaValue Call(Expression.Call call, JinjaScope scope)
    {
        if (Evaluate(call.Function, scope) is not FunctionValue function)
            throw JinjaOperators.Fault(budget, $"{Shown(call.Function)} is not defined here, or is no function");
        JinjaValue[] positional = [.. call.Arguments.Positional.Select(a => Evaluate(a, scope))];
        var result = function.Function(new JinjaCall(function.Name, positional, Named(call.Arguments, scope), budget));
        budget.Line = call.Line;
        return result;
    }

    private (string, JinjaValue)[] Named(Arguments arguments, JinjaScope scope) => [.. arguments.Named.Select(a => (a.Name, Evaluate(a.Value, scope)))];

    private BooleanValue Compare(Expression.Comparison comparison, JinjaScope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (symbol, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            if (!Holds(symbol, left, right))
                return BooleanValue.False;
            left = right;
        }

        return BooleanValue.True;
    }

    private bool Holds(string symbol, JinjaValue left, JinjaValue right) => symbol switch
    {
        "==" => PythonOrder.AreEqual(left, right, budget),
        "!=" => !PythonOrder.AreEqual(left, right, budget),
        "in" => PythonOrder.Contains(left, right, budget),
        "not in" => !PythonOrder.Contains(left, right, budget),
        "<" => PythonOrder.Compare(left, right, budget) < 0,
        "<=" => PythonOrder.Compare(left, right, budget) <= 0,
        ">" => PythonOrder.Compare(left, right, budget) > 0,
        _ => PythonOrder.Compare(left, right, budget) >= 0,
    };

    private JinjaValue Sign(Expression.Sign sign, JinjaScope scope) => Evaluate(sign.Inner, scope) switch
    {
        IntegerValue { Value: not long.MinValue } number => sign.Negative ? new IntegerValue(-number.Value) : number,
        FloatValue number => sign.Negative ? new FloatValue(-number.Value) : number,
        BooleanValue truth => new IntegerValue(truth.IsTrue ? sign.Negative ? -1 : 1 : 0),
        var other => throw JinjaOperators.Fault(budget, $"A value of type {other.TypeName} has no sign"),
    };

    private JinjaValue Key(JinjaValue key) =>
        key is TextValue or IntegerValue or BooleanValue or NoneValue ? key : throw JinjaOperators.Fault(budget, $"A value of type {key.TypeName} is no key");

    private static string Shown(Expression function) => function switch
    {
        Expression.Name name => $"'{name.Text}'",
        Expression.Attribute attribute => $"'{attribute.Text}'",
        _ => "What is called",
    };
}
