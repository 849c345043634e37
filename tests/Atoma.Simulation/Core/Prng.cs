using Atoma.Protocol.Common;

namespace Atoma.Simulation.Core;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): small, seeded, and its bits
/// never change with a version of the runtime, so that a seed found once replays for ever.
/// </summary>
internal sealed class Prng(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15UL;
            return Mix(_state);
        }
    }

    public static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>Uniform in [0, bound).</summary>
    public int Below(int bound) => (int)(((UInt128)Next() * (ulong)bound) >> 64);

    /// <summary>Uniform in [from, to].</summary>
    public int Between(int from, int to) => from + Below(to - from + 1);

    /// <summary>Uniform in [0, 1).</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Unit() < probability;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary>An independent stream.</summary>
    public Prng Fork() => new(Next());

    public Hash32 Hash()
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        for (var at = 0; at < bytes.Length; at += sizeof(ulong))
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], Next());
        return new Hash32(bytes);
    }

    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
