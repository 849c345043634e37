namespace Atoma.Grains.Tests.Fuzz;

/// <summary>Spoils canonical bytes: single bits and bytes, lengths, pieces of other messages.</summary>
internal sealed class ByteMutator(Random random)
{
    private static readonly byte[] Telling = [0, 1, 0x7F, 0x80, 0xFF];

    public byte[] Next(byte[] message, byte[] other)
    {
        for (var edits = random.Next(1, 4); edits > 0; edits--)
            message = Edit(message, other);
        return message;
    }

    private byte[] Edit(byte[] message, byte[] other)
    {
        if (message.Length == 0)
            return [(byte)random.Next(256)];
        var at = random.Next(message.Length);
        var length = Math.Min(random.Next(1, 40), message.Length - at);
        switch (random.Next(7))
        {
            case 0:
                return message[..at];
            case 1:
                return [.. message[..at], .. message[(at + length)..]];
            case 2:
                var noise = new byte[length];
                random.NextBytes(noise);
                return [.. message[..at], .. noise, .. message[at..]];
            case 3:
                return [.. message[..at], .. other.AsSpan(random.Next(other.Length))];
            case 4:
                return [.. message[..at], .. message.AsSpan(at, length), .. message[at..]];
            case 5:
                var set = message.ToArray();
                set[at] = Telling[random.Next(Telling.Length)];
                return set;
            default:
                var flipped = message.ToArray();
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
        }
    }
}
