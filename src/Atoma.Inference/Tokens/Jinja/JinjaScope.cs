namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Names and values. What a loop or macro sets is gone after it; what is outside can be read from inside.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private readonly Dictionary<string, JinjaValue> _values = new(StringComparer.Ordinal);

    public JinjaValue Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values.TryGetValue(name, out var value))
                return value;
        }

        return new UndefinedValue(name);
    }

    public void Set(string name, JinjaValue value) => _values[name] = value;

    private JinjaScope? Outer => outer;
}
