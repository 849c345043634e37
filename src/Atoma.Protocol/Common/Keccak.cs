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

    /// <summary>rho and pi together, in the order of the lanes' cycle: lane (x, y) goes to (y, 2x + 3y), turned by the triangular offsets.</summary>
    private static ReadOnlySpan<byte> PiLane => [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    private static ReadOnlySpan<byte> RhoOffset => [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static void Permute(Span<ulong> state)
    {
        var a = state[..25];
        foreach (var constant in RoundConstants)
        {
            // theta
            var c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
            var c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
            var c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
            var c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
            var c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
            var d0 = c4 ^ BitOperations.RotateLeft(c1, 1);
            var d1 = c0 ^ BitOperations.RotateLeft(c2, 1);
            var d2 = c1 ^ BitOperations.RotateLeft(c3, 1);
            var d3 = c2 ^ BitOperations.RotateLeft(c4, 1);
            var d4 = c3 ^ BitOperations.RotateLeft(c0, 1);
            for (var row = 0; row < 25; row += 5)
            {
                a[row] ^= d0;
                a[row + 1] ^= d1;
                a[row + 2] ^= d2;
                a[row + 3] ^= d3;
                a[row + 4] ^= d4;
            }

            // rho and pi
            var carried = a[1];
            for (var i = 0; i < PiLane.Length; i++)
            {
                var lane = PiLane[i];
                (a[lane], carried) = (BitOperations.RotateLeft(carried, RhoOffset[i]), a[lane]);
            }

            // chi
            for (var row = 0; row < 25; row += 5)
            {
                var (x0, x1, x2, x3, x4) = (a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4]);
                a[row] = x0 ^ (~x1 & x2);
                a[row + 1] = x1 ^ (~x2 & x3);
                a[row + 2] = x2 ^ (~x3 & x4);
                a[row + 3] = x3 ^ (~x4 & x0);
                a[row + 4] = x4 ^ (~x0 & x1);
            }

            // iota
            a[0] ^= constant;
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
