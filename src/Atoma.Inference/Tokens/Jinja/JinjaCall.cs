namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Arguments on their way into a function, which takes what it knows; what is left over is an error, never ignored.</summary>
/// <param name="name">The function's name.</param>
/// <param name="positional">In order; of filters, tests and methods the first is what they are applied to.</param>
/// <param name="named">By name.</param>
/// <param name="budget">Pays for the work.</param>
internal sealed class JinjaCall(string name, IReadOnlyList<JinjaValue> positional, IReadOnlyList<(string Name, JinjaValue Value)> named, JinjaBudget budget)
{
    private int _taken;
    private int _takenNamed;

    public string Name => name;

    public JinjaBudget Budget => budget;

    public IReadOnlyList<JinjaValue> Positional => positional;

    public IReadOnlyList<(string Name, JinjaValue Value)> Named => named;

    /// <summary>The next argument, by position or else by name; null when it was not given.</summary>
    public JinjaValue? Next(string parameter)
    {
        if (_taken < positional.Count)
            return positional[_taken++];
        foreach (var (key, value) in named)
        {
            if (key == parameter)
            {
                _takenNamed++;
                return value;
            }
        }

        return null;
    }

    /// <summary>The rest of the positional arguments.</summary>
    public IReadOnlyList<JinjaValue> Rest()
    {
        var rest = positional.Skip(_taken).ToArray();
        _taken = positional.Count;
        return rest;
    }

    public JinjaValue Require(string parameter) => Next(parameter) ?? throw Fault($"needs the argument '{parameter}'");

    public MarkedText RequireText(string parameter) =>
        Require(parameter) is TextValue text ? text.Text : throw Fault($"wants a text as '{parameter}'");

    public MarkedText? NextText(string parameter) => Next(parameter) switch
    {
        null or NoneValue => null,
        TextValue text => text.Text,
        var other => throw Fault($"wants a text as '{parameter}', not {other.TypeName}"),
    };

    public long? NextInteger(string parameter) => Next(parameter) switch
    {
        null or NoneValue => null,
        IntegerValue number => number.Value,
        BooleanValue truth => truth.IsTrue ? 1 : 0,
        var other => throw Fault($"wants a whole number as '{parameter}', not {other.TypeName}"),
    };

    public bool NextTruth(string parameter, bool otherwise = false) => Next(parameter)?.IsTrue ?? otherwise;

    /// <summary>After the last argument that the function knows.</summary>
    public void End()
    {
        if (_taken < positional.Count || _takenNamed < named.Count)
            throw Fault("is given arguments that it does not take");
    }

    public JinjaException Fault(string problem) => new(JinjaError.Type, budget.Line, $"'{name}' {problem}");
}
