using System.Buffers.Binary;
using System.Numerics;

namespace Atoma.Protocol.Common;

/// <summary>Keccak-256 as Ethereum uses it (padding byte 0x01, where SHA3-256 has 0x06). Source: the Keccak reference, b = 1600, r = 1088.</summary>
public static class Keccak
{
    private const int RateBytes = 136;
    private const int Rounds = 24;

    private static readonly ulong[] RoundConstants = MakeRoundConstants();

    public static Hash32 Hash(ReadOnlySpan<byte> data)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (data.Length >= RateBytes)
        {
            Absorb(state, data[..RateBytes]);
            data = data[RateBytes..];
        }

        Span<byte> last = stackalloc byte[RateBytes];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x01;
        last[RateBytes - 1] |= 0x80;
        Absorb(state, last);

        Span<byte> digest = stackalloc byte[Hash32.Size];
        for (var i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(i * 8)..], state[i]);
        return new Hash32(digest);
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (var lane = 0; lane < RateBytes / 8; lane++)
            state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * 8)..]);
        Permute(state);
    }

    private static void Permute(Span<ulong> a)
    {
        Span<ulong> column = stackalloc ulong[5];
        Span<ulong> moved = stackalloc ulong[25];
        for (var round = 0; round < Rounds; round++)
        {
            // theta
            for (var x = 0; x < 5; x++)
                column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
            for (var x = 0; x < 5; x++)
            {
                var mix = column[(x + 4) % 5] ^ BitOperations.RotateLeft(column[(x + 1) % 5], 1);
                for (var y = 0; y < 25; y += 5)
                    a[y + x] ^= mix;
            }

            // rho and pi: lane (x, y) goes to (y, 2x + 3y), turned by the triangular offsets
            moved[0] = a[0];
            int px = 1, py = 0;
            for (var t = 0; t < 24; t++)
            {
                var turned = BitOperations.RotateLeft(a[px + 5 * py], (t + 1) * (t + 2) / 2 % 64);
                (px, py) = (py, (2 * px + 3 * py) % 5);
                moved[px + 5 * py] = turned;
            }

            // chi
            for (var y = 0; y < 25; y += 5)
                for (var x = 0; x < 5; x++)
                    a[y + x] = moved[y + x] ^ (~moved[y + (x + 1) % 5] & moved[y + (x + 2) % 5]);

            // iota
            a[0] ^= RoundConstants[round];
        }
    }

    /// <summary>Round constants from the reference's LFSR x^8 + x^6 + x^5 + x^4 + 1.</summary>
    private static ulong[] MakeRoundConstants()
    {
        var constants = new ulong[Rounds];
        uint register = 1;
        for (var round = 0; round < Rounds; round++)
        {
            for (var j = 0; j <= 6; j++)
            {
                if ((register & 1) != 0)
                    constants[round] |= 1UL << ((1 << j) - 1);
                register = (register & 0x80) != 0 ? ((register << 1) ^ 0x171) & 0xFF : register << 1;
            }
        }

        return constants;
    }
}
