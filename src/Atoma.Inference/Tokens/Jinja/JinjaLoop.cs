namespace Atoma.Inference.Tokens.Jinja;

/// <summary>The variable <c>loop</c> of one pass through a loop.</summary>
internal static class JinjaLoop
{
    public static NamespaceValue At(int index, IReadOnlyList<JinjaValue> items, LoopMemory memory)
    {
        var loop = new NamespaceValue();
        var fields = loop.Fields;
        var count = items.Count;
        fields["index"] = new IntegerValue(index + 1);
        fields["index0"] = new IntegerValue(index);
        fields["revindex"] = new IntegerValue(count - index);
        fields["revindex0"] = new IntegerValue(count - index - 1);
        fields["first"] = BooleanValue.Of(index == 0);
        fields["last"] = BooleanValue.Of(index == count - 1);
        fields["length"] = new IntegerValue(count);
        // Depth counts the levels of a recursive loop only.
        fields["depth"] = new IntegerValue(1);
        fields["depth0"] = new IntegerValue(0);
        fields["previtem"] = index > 0 ? items[index - 1] : new UndefinedValue("there is no previous item");
        fields["nextitem"] = index + 1 < count ? items[index + 1] : new UndefinedValue("there is no next item");
        fields["cycle"] = new FunctionValue("cycle", call => call.Rest() is { Count: > 0 } choices ? choices[index % choices.Count] : throw call.Fault("has nothing to cycle through"));
        fields["changed"] = new FunctionValue("changed", call => BooleanValue.Of(memory.Changes(call)));
        return loop;
    }
}

/// <summary>What loop.changed() was last given.</summary>
internal sealed class LoopMemory
{
    private ListValue? _last;

    public bool Changes(JinjaCall call)
    {
        var now = call.Budget.List(call.Rest(), ListKind.Tuple);
        var changes = _last is null || !PythonOrder.AreEqual(_last, now, call.Budget);
        _last = now;
        return changes;
    }
}
