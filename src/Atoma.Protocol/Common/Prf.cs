using System.Security.Cryptography;
using System.Text;

namespace Atoma.Protocol.Common;

/// <summary>
/// Pseudo-random functions of the protocol. <see cref="Derive"/> is for draws and seeds (SHA-256 with a domain name);
/// <see cref="Uniform"/> is the fast counter-based one of the sampler: Philox4x32-10 (Salmon et al., "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011), whose outputs do not depend on the order in which they are asked for.
/// </summary>
public static class Prf
{
    /// <summary>H(domain ‖ parts), with the domain's length first so that no two calls share an input.</summary>
    public static Hash32 Derive(string domain, params ReadOnlySpan<byte[]> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var name = Encoding.ASCII.GetBytes(domain);
        Span<byte> length = stackalloc byte[4];
        Append(name, length);
        foreach (var part in parts)
            Append(part, length);
        Span<byte> digest = stackalloc byte[Hash32.Size];
        hash.GetHashAndReset(digest);
        return new Hash32(digest);

        void Append(ReadOnlySpan<byte> data, Span<byte> buffer)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(buffer, data.Length);
            hash.AppendData(buffer);
            hash.AppendData(data);
        }
    }

    /// <summary>
    /// A number in (0, 1), uniform over the 2^52 midpoints (k + ½)·2⁻⁵². With 53 bits k + ½ would round, at the top to 1, whose
    /// −ln(−ln U) is infinite: a seed chosen for it would stop every sampler.
    /// </summary>
    public static double Uniform(ulong seed, uint position, uint token)
    {
        return Midpoint(Philox(seed, position, token));
    }

    internal static double Midpoint(ulong bits) => ((bits >> 12) + 0.5) * (1.0 / (1UL << 52));

    /// <summary>First 64 of the 128 output bits of Philox4x32-10 with counter (token, position, 0, 0) and key = seed.</summary>
    public static ulong Philox(ulong seed, uint position, uint token)
    {
        var (c0, c1, _, _) = Philox4x32(token, position, 0, 0, unchecked((uint)seed), (uint)(seed >> 32));
        return ((ulong)c1 << 32) | c0;
    }

    /// <summary>Philox4x32-10 itself, as published.</summary>
    internal static (uint C0, uint C1, uint C2, uint C3) Philox4x32(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        unchecked
        {
            for (var round = 0; round < 10; round++)
            {
                var p0 = (ulong)c0 * 0xD2511F53u;
                var p1 = (ulong)c2 * 0xCD9E8D57u;
                (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
                k0 += 0x9E3779B9u;
                k1 += 0xBB67AE85u;
            }

            return (c0, c1, c2, c3);
        }
    }
}
