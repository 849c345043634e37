namespace Atoma.Simulation.Checks;

/// <summary>An invariant of the protocol is broken.</summary>
internal sealed class Violation : Exception
{
    public Violation()
    {
    }

    public Violation(string message)
        : base(message)
    {
    }

    public Violation(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public Violation(string invariant, string message)
        : base($"{invariant}: {message}") => Invariant = invariant;

    /// <summary>Which one.</summary>
    public string Invariant { get; } = "";
}
