using Atoma.Protocol.Common;

namespace Atoma.Protocol.Registry;

/// <summary>P6.3: collateral can be lost once only, so what a node could cheat on before the first audit bites is capped at a part of it.</summary>
public static class Exposure
{
    /// <param name="collateral">S.</param>
    /// <param name="ratio">S over the most that may be outstanding, the S/C that p was chosen for; above 0.</param>
    public static Micros Cap(Micros collateral, int ratio)
    {
        Invariant.Assert(ratio > 0);
        return new Micros(Math.Max(0, collateral.Value) / ratio);
    }

    /// <param name="outstanding">Value of the unchecked answers that the node is at work on.</param>
    /// <param name="value">What one more would pay at most.</param>
    /// <param name="collateral">S.</param>
    /// <param name="ratio">As for <see cref="Cap"/>.</param>
    public static bool Fits(Micros outstanding, Micros value, Micros collateral, int ratio) => outstanding + value <= Cap(collateral, ratio);
}
