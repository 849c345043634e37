namespace Atoma.Protocol.Verification.Grammar;

/// <summary>Refuses grammars that could not be read byte by byte without end: rules that are missing, start with themselves, or never finish.</summary>
internal sealed class GrammarChecks
{
    private readonly IReadOnlyDictionary<string, GrammarExpression> _rules;
    private readonly HashSet<string> _nullable;

    private GrammarChecks(IReadOnlyDictionary<string, GrammarExpression> rules)
    {
        _rules = rules;
        _nullable = Fixpoint(IsNullable);
    }

    /// <exception cref="GrammarException">The first broken rule.</exception>
    public static void Require(IReadOnlyDictionary<string, GrammarExpression> rules, string root)
    {
        if (!rules.ContainsKey(root))
            throw new GrammarException(GrammarError.UndefinedRule, $"The grammar has no rule '{root}'.");
        foreach (var expression in rules.Values)
            RequireDefined(expression, rules);
        var checks = new GrammarChecks(rules);
        checks.RequireFinite();
        foreach (var expression in rules.Values)
            checks.RequireProgress(expression);
        checks.RequireNoLeftRecursion();
    }

    private static void RequireDefined(GrammarExpression expression, IReadOnlyDictionary<string, GrammarExpression> rules)
    {
        if (expression is GrammarExpression.Reference reference && !rules.ContainsKey(reference.Rule))
            throw new GrammarException(GrammarError.UndefinedRule, $"Line {reference.Line}: the rule '{reference.Rule}' is not defined.");
        foreach (var part in Parts(expression))
            RequireDefined(part, rules);
    }

    /// <summary>Every rule has a finite text.</summary>
    private void RequireFinite()
    {
        var finite = Fixpoint(IsFinite);
        if (_rules.Keys.FirstOrDefault(r => !finite.Contains(r)) is { } endless)
            throw new GrammarException(GrammarError.EndlessRule, $"No finite text satisfies the rule '{endless}'.");
    }

    private void RequireProgress(GrammarExpression expression)
    {
        if (expression is GrammarExpression.Repeat { Most: null } repeat && IsNullable(repeat.Part, _nullable))
            throw new GrammarException(GrammarError.EmptyRepetition, "Something that may be empty is repeated without bound (by * or +).");
        foreach (var part in Parts(expression))
            RequireProgress(part);
    }

    private void RequireNoLeftRecursion()
    {
        // Colours of a depth-first search, without recursion: a hostile grammar has a rule for each step.
        var done = new HashSet<string>(StringComparer.Ordinal);
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in _rules.Keys)
        {
            var path = new Stack<(string Rule, Queue<string> Left)>();
            Enter(start);
            while (path.TryPeek(out var top))
            {
                if (top.Left.TryDequeue(out var next))
                {
                    Enter(next);
                    continue;
                }

                path.Pop();
                open.Remove(top.Rule);
                done.Add(top.Rule);
            }

            void Enter(string rule)
            {
                if (open.Contains(rule))
                    throw new GrammarException(GrammarError.LeftRecursion, $"The rule '{rule}' starts with itself.");
                if (done.Contains(rule))
                    return;
                open.Add(rule);
                var left = new HashSet<string>(StringComparer.Ordinal);
                AddLeftmost(_rules[rule], left);
                path.Push((rule, new Queue<string>(left)));
            }
        }
    }

    /// <summary>The rules that a text of this expression can start with.</summary>
    private void AddLeftmost(GrammarExpression expression, HashSet<string> rules)
    {
        switch (expression)
        {
            case GrammarExpression.Reference reference:
                rules.Add(reference.Rule);
                break;
            case GrammarExpression.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    AddLeftmost(part, rules);
                    if (!IsNullable(part, _nullable))
                        break;
                }

                break;
            default:
                foreach (var part in Parts(expression))
                    AddLeftmost(part, rules);
                break;
        }
    }

    /// <summary>Rules for which a property holds that follows from other rules' having it. Each round goes once over all; a worklist keeps a hostile order of rules from costing the square.</summary>
    private HashSet<string> Fixpoint(Func<GrammarExpression, HashSet<string>, bool> holds)
    {
        var users = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (rule, expression) in _rules)
            AddUses(rule, expression, users);
        var found = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>(_rules.Keys);
        while (waiting.TryDequeue(out var rule))
        {
            if (found.Contains(rule) || !holds(_rules[rule], found))
                continue;
            found.Add(rule);
            foreach (var user in users.GetValueOrDefault(rule) ?? [])
                waiting.Enqueue(user);
        }

        return found;
    }

    private static void AddUses(string rule, GrammarExpression expression, Dictionary<string, List<string>> users)
    {
        if (expression is GrammarExpression.Reference reference)
        {
            if (!users.TryGetValue(reference.Rule, out var list))
                users[reference.Rule] = list = [];
            if (list.Count == 0 || list[^1] != rule)
                list.Add(rule);
        }

        foreach (var part in Parts(expression))
            AddUses(rule, part, users);
    }

    private static bool IsNullable(GrammarExpression expression, HashSet<string> nullable) => expression switch
    {
        GrammarExpression.Literal e => e.CodePoints.Count == 0,
        GrammarExpression.Class => false,
        GrammarExpression.Reference e => nullable.Contains(e.Rule),
        GrammarExpression.Sequence e => e.Parts.All(p => IsNullable(p, nullable)),
        GrammarExpression.Choice e => e.Alternatives.Any(p => IsNullable(p, nullable)),
        GrammarExpression.Repeat e => e.Least == 0 || e.Most == 0 || IsNullable(e.Part, nullable),
        _ => throw new Common.InvariantException($"Unknown expression {expression}."),
    };

    private static bool IsFinite(GrammarExpression expression, HashSet<string> finite) => expression switch
    {
        GrammarExpression.Literal or GrammarExpression.Class => true,
        GrammarExpression.Reference e => finite.Contains(e.Rule),
        GrammarExpression.Sequence e => e.Parts.All(p => IsFinite(p, finite)),
        GrammarExpression.Choice e => e.Alternatives.Any(p => IsFinite(p, finite)),
        GrammarExpression.Repeat e => e.Least == 0 || e.Most == 0 || IsFinite(e.Part, finite),
        _ => throw new Common.InvariantException($"Unknown expression {expression}."),
    };

    private static IEnumerable<GrammarExpression> Parts(GrammarExpression expression) => expression switch
    {
        GrammarExpression.Sequence e => e.Parts,
        GrammarExpression.Choice e => e.Alternatives,
        GrammarExpression.Repeat e => [e.Part],
        _ => [],
    };
}
