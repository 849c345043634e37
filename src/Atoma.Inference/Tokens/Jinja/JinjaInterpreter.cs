namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Runs statements, writing text.</summary>
internal sealed class JinjaInterpreter(JinjaBudget budget)
{
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private readonly JinjaEvaluator _evaluator = new(budget);

    public MarkedText Run(Block block, JinjaScope scope)
    {
        var output = new MarkedText.Builder();
        Run(block, scope, output);
        return output.ToText();
    }

    private Flow Run(Block block, JinjaScope scope, MarkedText.Builder output)
    {
        foreach (var statement in block.Statements)
        {
            budget.Step(statement.Line);
            if (Run(statement, scope, output) is var flow and not Flow.Next)
                return flow;
        }

        return Flow.Next;
    }

    private Flow Run(Statement statement, JinjaScope scope, MarkedText.Builder output)
    {
        switch (statement)
        {
            case Statement.Data s:
                Write(s.Text, output);
                break;
            case Statement.Print s:
                Write(PythonText.Of(_evaluator.Evaluate(s.Value, scope), budget), output);
                break;
            case Statement.If s:
                return RunIf(s, scope, output);
            case Statement.For s:
                RunFor(s, scope, output);
                break;
            case Statement.Set s:
                Assign(s.Target, _evaluator.Evaluate(s.Value, scope), scope);
                break;
            case Statement.SetBlock s:
                JinjaValue text = budget.Text(RunApart(s.Body, new JinjaScope(scope)));
                Assign(s.Target, s.Filter is null ? text : _evaluator.ApplyToBlock(s.Filter, text, scope), scope);
                break;
            case Statement.FilterBlock s:
                var filtered = _evaluator.ApplyToBlock(s.Filter, budget.Text(RunApart(s.Body, new JinjaScope(scope))), scope);
                Write(PythonText.Of(filtered, budget), output);
                break;
            case Statement.Macro s:
                scope.Set(s.Name, new FunctionValue(s.Name, call => RunMacro(s, call, scope)));
                break;
            case Statement.Generation s:
                Write(RunApart(s.Body, new JinjaScope(scope)), output);
                break;
            case Statement.Break:
                return Flow.Break;
            case Statement.Continue:
                return Flow.Continue;
        }

        return Flow.Next;
    }

    private void Write(MarkedText text, MarkedText.Builder output)
    {
        output.Append(text);
        if (output.Length > JinjaLimits.TextCharacters)
            budget.Characters(output.Length);
    }

    /// <summary>A body whose text goes somewhere else; a break in it ends it at most.</summary>
    private MarkedText RunApart(Block body, JinjaScope scope)
    {
        budget.Enter();
        var text = Run(body, scope);
        budget.Leave();
        return text;
    }

    private Flow RunIf(Statement.If statement, JinjaScope scope, MarkedText.Builder output)
    {
        foreach (var (condition, body) in statement.Branches)
        {
            if (condition is not null && !_evaluator.Evaluate(condition, scope).IsTrue)
                continue;
            budget.Enter();
            var flow = Run(body, scope, output);
            budget.Leave();
            return flow;
        }

        return Flow.Next;
    }

    private void RunFor(Statement.For statement, JinjaScope scope, MarkedText.Builder output)
    {
        var items = JinjaSequences.Of(_evaluator.Evaluate(statement.Items, scope), budget);
        if (statement.Filter is { } filter)
            items = [.. items.Where(item => _evaluator.Evaluate(filter, Inside(statement.Target, item, scope)).IsTrue)];
        budget.Enter();
        var memory = new LoopMemory();
        for (var i = 0; i < items.Count; i++)
        {
            budget.Step(statement.Line);
            var inside = Inside(statement.Target, items[i], scope);
            inside.Set("loop", JinjaLoop.At(i, items, memory));
            if (Run(statement.Body, inside, output) == Flow.Break)
                break;
        }

        if (items.Count == 0 && statement.Otherwise is { } otherwise)
            Run(otherwise, new JinjaScope(scope), output);
        budget.Leave();
    }

    private JinjaScope Inside(Target target, JinjaValue item, JinjaScope scope)
    {
        var inside = new JinjaScope(scope);
        Assign(target, item, inside);
        return inside;
    }

    private void Assign(Target target, JinjaValue value, JinjaScope scope)
    {
        switch (target)
        {
            case Target.Variable variable:
                scope.Set(variable.Name, value);
                break;
            case Target.Field field:
                if (scope.Find(field.Namespace) is not NamespaceValue space)
                    throw JinjaOperators.Fault(budget, $"'{field.Namespace}' is no namespace, so nothing in it can be set");
                space.Fields[field.Name] = value;
                break;
            case Target.Unpacked unpacked:
                var items = JinjaSequences.Of(value, budget);
                if (items.Count != unpacked.Parts.Count)
                    throw JinjaOperators.Fault(budget, $"{items.Count} values do not go into {unpacked.Parts.Count} names");
                for (var i = 0; i < items.Count; i++)
                    Assign(unpacked.Parts[i], items[i], scope);
                break;
        }
    }

    private TextValue RunMacro(Statement.Macro macro, JinjaCall call, JinjaScope outer)
    {
        var scope = new JinjaScope(outer);
        foreach (var (name, otherwise) in macro.Parameters)
            scope.Set(name, call.Next(name) ?? (otherwise is null ? new UndefinedValue(name) : _evaluator.Evaluate(otherwise, scope)));
        call.End();
        return new TextValue(RunApart(macro.Body, scope));
    }
}
