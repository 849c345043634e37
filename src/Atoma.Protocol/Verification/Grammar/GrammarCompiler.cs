namespace Atoma.Protocol.Verification.Grammar;

/// <summary>Turns rules into instructions, from the end of each rule to its start, so that every instruction knows what follows it.</summary>
internal sealed class GrammarCompiler(IReadOnlyDictionary<string, GrammarExpression> rules)
{
    private readonly List<Instruction> _instructions = [];
    private readonly List<ByteRange> _ranges = [];
    private readonly List<int> _targets = [];
    private readonly Dictionary<string, int> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<ByteRange, int> _single = [];

    public GrammarProgram Compile(string root)
    {
        // Entries first: rules call each other in any order. Each is a Split with one target, filled in when its rule is compiled.
        foreach (var rule in rules.Keys)
            _entries[rule] = Add(default);
        foreach (var (rule, expression) in rules)
            SetSplit(_entries[rule], [Compile(expression, Add(new Instruction(InstructionKind.Return, 0, 0, 0)))]);
        return new GrammarProgram([.. _instructions], [.. _ranges], [.. _targets], _entries[root]);
    }

    private int Compile(GrammarExpression expression, int next)
    {
        switch (expression)
        {
            case GrammarExpression.Literal literal:
                for (var i = literal.CodePoints.Count - 1; i >= 0; i--)
                    next = CompileClass([new CodePointRange(literal.CodePoints[i], literal.CodePoints[i])], next);
                return next;
            case GrammarExpression.Class c:
                return CompileClass(c.Ranges, next);
            case GrammarExpression.Reference reference:
                return Add(new Instruction(InstructionKind.Call, _entries[reference.Rule], 0, next));
            case GrammarExpression.Sequence sequence:
                for (var i = sequence.Parts.Count - 1; i >= 0; i--)
                    next = Compile(sequence.Parts[i], next);
                return next;
            case GrammarExpression.Choice choice:
                return CompileChoice(choice, next);
            case GrammarExpression.Repeat repeat:
                return CompileRepeat(repeat, next);
            default:
                throw new Common.InvariantException($"Unknown expression {expression}.");
        }
    }

    private int CompileClass(IReadOnlyList<CodePointRange> codePoints, int next)
    {
        var first = new List<ByteRange>();
        foreach (var sequence in codePoints.SelectMany(Utf8Sequences.Of))
        {
            var after = next;
            for (var i = sequence.Length - 1; i > 0; i--)
                after = Single(new ByteRange(sequence[i].Low, sequence[i].High, after));
            first.Add(new ByteRange(sequence[0].Low, sequence[0].High, after));
        }

        return first.Count == 1 ? Single(first[0]) : AddBytes(first);
    }

    /// <summary>Alternatives that all begin with a byte become one instruction: a list of a thousand words is then one reading, not a thousand.</summary>
    private int CompileChoice(GrammarExpression.Choice choice, int next)
    {
        var bytes = new List<ByteRange>();
        var others = new List<int>();
        foreach (var alternative in choice.Alternatives)
        {
            var entry = Compile(alternative, next);
            var instruction = _instructions[entry];
            if (instruction.Kind == InstructionKind.Bytes)
                bytes.AddRange(_ranges.GetRange(instruction.First, instruction.Count));
            else
                others.Add(entry);
        }

        if (bytes.Count > 0)
            others.Add(AddBytes(bytes));
        return others.Count == 1 ? others[0] : AddSplit(others);
    }

    private int CompileRepeat(GrammarExpression.Repeat repeat, int next)
    {
        var part = Shared(repeat);
        if (repeat.Most is null)
        {
            var loop = Add(default);
            SetSplit(loop, [part(loop), next]);
            next = loop;
        }

        var after = next;
        for (var i = repeat.Least; i < repeat.Most; i++)
            next = AddSplit([part(next), after]);
        for (var i = 0; i < repeat.Least; i++)
            next = part(next);
        return next;
    }

    /// <summary>Compiles a repeated part before a given instruction: small ones in place, others as a rule of their own that is called.</summary>
    private Func<int, int> Shared(GrammarExpression.Repeat repeat)
    {
        const int InPlace = 4;
        if (Math.Max(repeat.Least, repeat.Most ?? 0) <= InPlace || repeat.Part is GrammarExpression.Reference)
            return next => Compile(repeat.Part, next);
        var entry = Compile(repeat.Part, Add(new Instruction(InstructionKind.Return, 0, 0, 0)));
        return next => Add(new Instruction(InstructionKind.Call, entry, 0, next));
    }

    private int Single(ByteRange range)
    {
        if (_single.TryGetValue(range, out var known))
            return known;
        var added = AddBytes([range]);
        _single[range] = added;
        return added;
    }

    private int AddBytes(List<ByteRange> ranges)
    {
        var added = Add(new Instruction(InstructionKind.Bytes, _ranges.Count, ranges.Count, 0));
        _ranges.AddRange(ranges);
        if (_ranges.Count > GrammarLimits.Ranges)
            throw TooLarge();
        return added;
    }

    private int AddSplit(List<int> targets)
    {
        var added = Add(default);
        SetSplit(added, targets);
        return added;
    }

    private void SetSplit(int instruction, List<int> targets)
    {
        _instructions[instruction] = new Instruction(InstructionKind.Split, _targets.Count, targets.Count, 0);
        _targets.AddRange(targets);
        if (_targets.Count > GrammarLimits.Ranges)
            throw TooLarge();
    }

    private int Add(Instruction instruction)
    {
        if (_instructions.Count == GrammarLimits.Instructions)
            throw TooLarge();
        _instructions.Add(instruction);
        return _instructions.Count - 1;
    }

    private static GrammarException TooLarge() =>
        new(GrammarError.TooLarge, $"The grammar compiles to more than {GrammarLimits.Instructions} instructions; repeat less or shorten lists.");
}
