namespace Atoma.Inference.Tokens.Jinja;

/// <summary>What may stand after <c>is</c>.</summary>
internal static class JinjaTests
{
    private static readonly Dictionary<string, Func<JinjaValue, JinjaCall, bool>> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, c) => v is not UndefinedValue,
        ["undefined"] = (v, c) => v is UndefinedValue,
        ["none"] = (v, c) => v is NoneValue,
        ["true"] = (v, c) => v is BooleanValue { IsTrue: true },
        ["false"] = (v, c) => v is BooleanValue { IsTrue: false },
        ["boolean"] = (v, c) => v is BooleanValue,
        ["string"] = (v, c) => v is TextValue,
        ["mapping"] = (v, c) => v is DictionaryValue,
        // Python asks for a length and items by index; texts, dictionaries and even the undefined have both.
        ["sequence"] = (v, c) => v is not ListValue { IsPlain: false } && JinjaSequences.CanWalk(v),
        ["iterable"] = (v, c) => JinjaSequences.CanWalk(v),
        ["number"] = (v, c) => v is IntegerValue or FloatValue or BooleanValue,
        ["integer"] = (v, c) => v is IntegerValue,
        ["float"] = (v, c) => v is FloatValue,
        ["callable"] = (v, c) => v is FunctionValue,
        ["odd"] = (v, c) => Remainder(v, 2, c) == 1,
        ["even"] = (v, c) => Remainder(v, 2, c) == 0,
        ["divisibleby"] = (v, c) => Remainder(v, c.NextInteger("num") ?? throw c.Fault("needs a number"), c) == 0,
        ["lower"] = (v, c) => PythonText.Of(v, c.Budget).Text is var t && t.Any(char.IsLower) && !t.Any(char.IsUpper),
        ["upper"] = (v, c) => PythonText.Of(v, c.Budget).Text is var t && t.Any(char.IsUpper) && !t.Any(char.IsLower),
        ["in"] = (v, c) => PythonOrder.Contains(v, c.Require("seq"), c.Budget),
        ["eq"] = Equal,
        ["equalto"] = Equal,
        ["=="] = Equal,
        ["ne"] = (v, c) => !Equal(v, c),
        ["!="] = (v, c) => !Equal(v, c),
        ["lt"] = (v, c) => Compare(v, c) < 0,
        ["<"] = (v, c) => Compare(v, c) < 0,
        ["lessthan"] = (v, c) => Compare(v, c) < 0,
        ["le"] = (v, c) => Compare(v, c) <= 0,
        ["<="] = (v, c) => Compare(v, c) <= 0,
        ["gt"] = (v, c) => Compare(v, c) > 0,
        [">"] = (v, c) => Compare(v, c) > 0,
        ["greaterthan"] = (v, c) => Compare(v, c) > 0,
        ["ge"] = (v, c) => Compare(v, c) >= 0,
        [">="] = (v, c) => Compare(v, c) >= 0,
    };

    /// <summary>Null when there is none of this name.</summary>
    public static JinjaFunction? Find(string name) => Tests.TryGetValue(name, out var test) ? call => Run(test, call) : null;

    private static BooleanValue Run(Func<JinjaValue, JinjaCall, bool> test, JinjaCall call)
    {
        var result = test(call.Require("value"), call);
        call.End();
        return BooleanValue.Of(result);
    }

    private static bool Equal(JinjaValue value, JinjaCall call) => PythonOrder.AreEqual(value, call.Require("other"), call.Budget);

    private static int Compare(JinjaValue value, JinjaCall call) => PythonOrder.Compare(value, call.Require("other"), call.Budget);

    private static long Remainder(JinjaValue value, long by, JinjaCall call)
    {
        if (value is not IntegerValue number || by is 0 or -1)
            throw call.Fault("wants whole numbers");
        return ((number.Value % by) + by) % by;
    }
}
