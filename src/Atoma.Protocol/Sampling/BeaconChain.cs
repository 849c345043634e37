using Atoma.Protocol.Common;

namespace Atoma.Protocol.Sampling;

/// <summary>
/// A hash chain committed before it is used and revealed step by step (P3.2): x[i−1] = H(x[i]), the anchor x[0] is public
/// from the start. A revealed step is checked by hashing it down to the anchor; the next one cannot be guessed from it.
/// </summary>
public static class BeaconChain
{
    /// <summary>Steps of one chain. Checking a step costs at most this many hashes (under 1 ms); a new chain follows.</summary>
    public const int Length = 4096;

    /// <summary>All values, x[0] (the anchor) to x[<see cref="Length"/>] (the secret seed).</summary>
    public static Hash32[] Expand(Hash32 seed)
    {
        var values = new Hash32[Length + 1];
        values[Length] = seed;
        for (var i = Length; i > 0; i--)
            values[i - 1] = Down(values[i]);
        return values;
    }

    /// <summary>Whether <paramref name="value"/> is step <paramref name="step"/> (1 to <see cref="Length"/>) of the chain with this anchor.</summary>
    public static bool Verify(Hash32 anchor, int step, Hash32 value)
    {
        if (step is < 1 or > Length)
            return false;
        for (var i = 0; i < step; i++)
            value = Down(value);
        return value == anchor;
    }

    private static Hash32 Down(Hash32 value)
    {
        Span<byte> data = stackalloc byte[Hash32.Size + 1];
        data[0] = 0xBE;
        value.CopyTo(data[1..]);
        return Hash32.Sha256(data);
    }
}

/// <summary>One revealed step of a beacon chain.</summary>
/// <param name="Chain">Number of the chain, from 0.</param>
/// <param name="Anchor">The chain's public commitment.</param>
/// <param name="Step">1 to <see cref="BeaconChain.Length"/>; never used twice.</param>
/// <param name="Value">The revealed value.</param>
public readonly record struct BeaconReveal(int Chain, Hash32 Anchor, int Step, Hash32 Value)
{
    public bool IsValid => BeaconChain.Verify(Anchor, Step, Value);
}
