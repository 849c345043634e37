namespace Atoma.Ethereum.Tests.Fuzz;

/// <summary>Changes bytes as a careless or hostile sender would. The same seed makes the same changes.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[] Edges = [0, 1, 0x1F, 0x20, 0x37, 0x38, 0x7F, 0x80, 0xB7, 0xB8, 0xBF, 0xC0, 0xF7, 0xF8, 0xFF];

    private readonly Random _random = new(seed);

    public T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    /// <summary>One to four changes. The result differs, unless the input is empty.</summary>
    public byte[] Mutate(byte[] original)
    {
        var mutated = original;
        do
        {
            for (var changes = _random.Next(1, 5); changes > 0; changes--)
                mutated = Once(mutated);
        }
        while (mutated.AsSpan().SequenceEqual(original));
        return mutated;
    }

    private byte[] Once(byte[] data)
    {
        if (data.Length == 0)
            return [(byte)_random.Next(256)];
        var at = _random.Next(data.Length);
        var copy = data.ToArray();
        switch (_random.Next(9))
        {
            case 0:
                copy[at] ^= (byte)(1 << _random.Next(8));
                return copy;
            case 1:
                copy[at] = Pick(Edges);
                return copy;
            case 2:
                return copy[..at];
            case 3:
                return [.. copy.AsSpan(0, at), (byte)_random.Next(256), .. copy.AsSpan(at)];
            case 4:
                return [.. copy.AsSpan(0, at), .. copy.AsSpan(at + 1)];
            case 5:
                return [.. copy, .. new byte[_random.Next(1, 65)]];
            case 6:
                // A piece twice.
                return [.. copy.AsSpan(0, at), .. copy.AsSpan(at, Math.Min(32, copy.Length - at)), .. copy.AsSpan(at)];
            case 7:
                return Words(copy);
            default:
                // An offset or length that is about right.
                copy[at] = (byte)((copy[at] + Pick(new[] { 1, 0x1F, 0x20, 0x40, 0xE0, 0xFF })) & 0xFF);
                return copy;
        }
    }

    /// <summary>One 32-byte word over another: offsets that point at each other, lengths that are values.</summary>
    private byte[] Words(byte[] data)
    {
        var count = data.Length / 32;
        if (count > 0)
            data.AsSpan(_random.Next(count) * 32, 32).CopyTo(data.AsSpan(_random.Next(count) * 32));
        return data;
    }
}
