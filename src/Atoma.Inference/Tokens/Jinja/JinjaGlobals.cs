namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Functions that are always there: Jinja's own that chat templates use, and transformers' two.</summary>
internal static class JinjaGlobals
{
    public static IEnumerable<(string Name, JinjaValue Value)> All(TimeProvider time) =>
        new (string Name, JinjaFunction Function)[]
        {
            ("namespace", Namespace), ("dict", Dictionary), ("range", Range), ("raise_exception", Raise), ("strftime_now", call => Now(call, time)),
        }.Select(g => (g.Name, (JinjaValue)new FunctionValue(g.Name, call =>
        {
            var result = g.Function(call);
            call.End();
            return result;
        })));

    private static NamespaceValue Namespace(JinjaCall call)
    {
        var space = new NamespaceValue();
        foreach (var (key, item) in Entries(call))
            space.Fields[key is TextValue name ? name.Text.Text : throw call.Fault("names its fields by texts")] = item;
        return space;
    }

    private static DictionaryValue Dictionary(JinjaCall call) => call.Budget.Dictionary(Entries(call));

    private static List<(JinjaValue Key, JinjaValue Item)> Entries(JinjaCall call)
    {
        var entries = new List<(JinjaValue, JinjaValue)>();
        var given = call.Rest();
        if (given.Count > 0)
            entries.AddRange(given is [DictionaryValue dictionary] ? dictionary.Entries : throw call.Fault("takes one mapping and named values"));
        foreach (var (name, _) in call.Named)
            entries.Add((TextValue.Template(name), call.Next(name)!));
        return entries;
    }

    private static ListValue Range(JinjaCall call)
    {
        var first = call.NextInteger("start") ?? throw call.Fault("needs a number");
        var second = call.NextInteger("stop");
        var step = call.NextInteger("step") ?? 1;
        var (start, stop) = second is null ? (0, first) : (first, second.Value);
        if (step == 0)
            throw call.Fault("has the step 0");
        var items = new List<JinjaValue>();
        for (var i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            items.Add(new IntegerValue(i));
            if (items.Count > JinjaLimits.Items)
                call.Budget.Items(items.Count);
        }

        return call.Budget.List(items, ListKind.View);
    }

    private static JinjaValue Raise(JinjaCall call) =>
        throw new JinjaException(JinjaError.Raised, call.Budget.Line, PythonText.Of(call.Require("message"), call.Budget).Text);

    /// <summary>The network's clock, in UTC: a silo has no place of its own.</summary>
    private static TextValue Now(JinjaCall call, TimeProvider time) => call.Budget.Text(MarkedText.Template(PythonTime.Format(call.RequireText("format").Text, time.GetUtcNow(), call)));
}
