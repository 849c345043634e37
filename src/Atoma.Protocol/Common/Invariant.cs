using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Atoma.Protocol.Common;

/// <summary>A broken rule of our own code. Never caught to go on: the state it guards is not to be trusted.</summary>
public sealed class InvariantException : Exception
{
    public InvariantException()
    {
    }

    public InvariantException(string message)
        : base(message)
    {
    }

    public InvariantException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Assertions that stay on in release builds.</summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantException"/> naming the failed expression.</summary>
    public static void Assert(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string? expression = null)
    {
        if (!condition)
            throw new InvariantException($"Invariant broken: {expression}");
    }
}
