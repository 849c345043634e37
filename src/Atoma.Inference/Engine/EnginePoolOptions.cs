namespace Atoma.Inference.Engine;

/// <summary>How many models are in memory at once, and how long a task waits for its own.</summary>
public sealed record EnginePoolOptions
{
    /// <summary>
    /// Bytes that the models in memory may take together, by <see cref="MemoryEstimate"/>; null for what the machine has available
    /// when the pool is made. Each load is held against the machine's memory besides.
    /// </summary>
    public long? BudgetBytes { get; init; }

    /// <summary>Tasks that may wait for a model to be loaded, 1 to <see cref="EnginePoolLimits.Waiting"/>; one more is refused.</summary>
    public int WaitingLimit { get; init; } = 64;

    /// <summary>
    /// Seconds that a task waits for room, 1 to <see cref="EnginePoolLimits.WaitSeconds"/>. A load that has begun is waited for.
    /// The default leaves a coordinator half of its own patience to ask another node.
    /// </summary>
    public int WaitSeconds { get; init; } = 30;

    /// <summary>All fields out of range, empty when there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (BudgetBytes is < 1)
            problems.Add($"BudgetBytes must be at least 1, not {BudgetBytes}");
        if (WaitingLimit is < 1 or > EnginePoolLimits.Waiting)
            problems.Add($"WaitingLimit must be 1 to {EnginePoolLimits.Waiting}, not {WaitingLimit}");
        if (WaitSeconds is < 1 or > EnginePoolLimits.WaitSeconds)
            problems.Add($"WaitSeconds must be 1 to {EnginePoolLimits.WaitSeconds}, not {WaitSeconds}");
        return problems;
    }
}

/// <summary>Bounds of a pool.</summary>
public static class EnginePoolLimits
{
    /// <summary>Models of one pool: each is looked at whenever room is made.</summary>
    public const int Models = 64;

    /// <summary>Tasks waiting, as in an engine's own queue.</summary>
    public const int Waiting = EngineLimits.Queue;

    /// <summary>Seconds of waiting: longer than any request lives.</summary>
    public const int WaitSeconds = 3600;
}
