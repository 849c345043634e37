using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Keys;

/// <summary>
/// scrypt, RFC 7914. Our own because BouncyCastle's refuses n ≥ 2^16 with r = 1, which keystores have, the format's own example
/// among them. Callers bound the parameters (<see cref="KeystoreLimits"/>).
/// </summary>
internal static class Scrypt
{
    /// <summary>Words of one Salsa20 block.</summary>
    private const int SalsaWords = 16;

    private const int SalsaDoubleRounds = 4;

    /// <param name="passphrase">P.</param>
    /// <param name="salt">S.</param>
    /// <param name="n">Power of two above 1.</param>
    /// <param name="r">Above zero; memory is 128 · n · r bytes.</param>
    /// <param name="p">Above zero.</param>
    /// <param name="length">Bytes wanted.</param>
    public static byte[] Derive(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int n, int r, int p, int length)
    {
        Invariant.Assert(n > 1 && BitOperations.IsPow2(n));
        Invariant.Assert(r > 0);
        Invariant.Assert(p > 0);
        var words = 2 * SalsaWords * r;
        var blocks = Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, 1, HashAlgorithmName.SHA256, checked(p * words * sizeof(uint)));
        var memory = new uint[checked(n * words)];
        try
        {
            for (var i = 0; i < p; i++)
                Mix(blocks.AsSpan(i * words * sizeof(uint), words * sizeof(uint)), memory, n, words);
            return Rfc2898DeriveBytes.Pbkdf2(passphrase, blocks, 1, HashAlgorithmName.SHA256, length);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
            Array.Clear(memory);
        }
    }

    /// <summary>scryptROMix.</summary>
    private static void Mix(Span<byte> block, uint[] memory, int n, int words)
    {
        var x = new uint[words];
        var scratch = new uint[words];
        for (var i = 0; i < words; i++)
            x[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(i * sizeof(uint))..]);
        for (var i = 0; i < n; i++)
        {
            x.CopyTo(memory.AsSpan(i * words, words));
            MixBlock(x, scratch);
        }

        for (var i = 0; i < n; i++)
        {
            var at = (int)(x[words - SalsaWords] & (uint)(n - 1));
            Xor(x, memory.AsSpan(at * words, words));
            MixBlock(x, scratch);
        }

        for (var i = 0; i < words; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(block[(i * sizeof(uint))..], x[i]);
    }

    /// <summary>scryptBlockMix: even blocks to the first half, odd ones to the second.</summary>
    private static void MixBlock(uint[] x, uint[] scratch)
    {
        Span<uint> carry = stackalloc uint[SalsaWords];
        x.AsSpan(x.Length - SalsaWords).CopyTo(carry);
        var count = x.Length / SalsaWords;
        for (var i = 0; i < count; i++)
        {
            Xor(carry, x.AsSpan(i * SalsaWords, SalsaWords));
            Salsa(carry);
            carry.CopyTo(scratch.AsSpan((i / 2 + (i % 2) * (count / 2)) * SalsaWords));
        }

        scratch.CopyTo(x, 0);
    }

    /// <summary>Salsa20/8 core: columns, then rows. In locals, because it is nearly all of the work.</summary>
    private static void Salsa(Span<uint> block)
    {
        var (x0, x1, x2, x3) = (block[0], block[1], block[2], block[3]);
        var (x4, x5, x6, x7) = (block[4], block[5], block[6], block[7]);
        var (x8, x9, x10, x11) = (block[8], block[9], block[10], block[11]);
        var (x12, x13, x14, x15) = (block[12], block[13], block[14], block[15]);
        for (var i = 0; i < SalsaDoubleRounds; i++)
        {
            Quarter(ref x0, ref x4, ref x8, ref x12);
            Quarter(ref x5, ref x9, ref x13, ref x1);
            Quarter(ref x10, ref x14, ref x2, ref x6);
            Quarter(ref x15, ref x3, ref x7, ref x11);
            Quarter(ref x0, ref x1, ref x2, ref x3);
            Quarter(ref x5, ref x6, ref x7, ref x4);
            Quarter(ref x10, ref x11, ref x8, ref x9);
            Quarter(ref x15, ref x12, ref x13, ref x14);
        }

        ReadOnlySpan<uint> mixed = [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15];
        for (var i = 0; i < SalsaWords; i++)
            block[i] = unchecked(block[i] + mixed[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        unchecked
        {
            b ^= BitOperations.RotateLeft(a + d, 7);
            c ^= BitOperations.RotateLeft(b + a, 9);
            d ^= BitOperations.RotateLeft(c + b, 13);
            a ^= BitOperations.RotateLeft(d + c, 18);
        }
    }

    private static void Xor(Span<uint> into, ReadOnlySpan<uint> from)
    {
        var wide = MemoryMarshal.Cast<uint, ulong>(into);
        var other = MemoryMarshal.Cast<uint, ulong>(from);
        for (var i = 0; i < wide.Length; i++)
            wide[i] ^= other[i];
    }
}
