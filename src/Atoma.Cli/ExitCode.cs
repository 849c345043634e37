namespace Atoma.Cli;

/// <summary>What the process returns. Scripts rely on these: append only.</summary>
public static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A check failed: the receipt, or a download's hash.</summary>
    public const int Failed = 1;

    /// <summary>Could not be done: no such file, no network.</summary>
    public const int Unavailable = 2;

    /// <summary>The receipt holds, and the model at hand cannot tell whether the answer is its own.</summary>
    public const int Inconclusive = 3;
}
