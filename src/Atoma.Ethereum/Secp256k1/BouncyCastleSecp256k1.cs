using Atoma.Protocol.Common;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace Atoma.Ethereum.Secp256k1;

/// <summary>Managed implementation, there on every platform. Its numbers cannot be wiped from memory.</summary>
internal sealed class BouncyCastleSecp256k1 : ISecp256k1
{
    private static readonly X9ECParameters Curve = CustomNamedCurves.GetByName("secp256k1");
    private static readonly BigInteger N = Curve.N;
    private static readonly BigInteger HalfN = Curve.N.ShiftRight(1);

    public void PublicKey(ReadOnlySpan<byte> key, Span<byte> publicKey)
    {
        Invariant.Assert(SignatureRules.IsValidKey(key));
        TimesG(new BigInteger(1, key)).EncodeTo(compressed: false, publicKey);
    }

    public void Sign(ReadOnlySpan<byte> key, Hash32 digest, Span<byte> signature)
    {
        Invariant.Assert(SignatureRules.IsValidKey(key));
        Invariant.Assert(signature.Length == ISignatureScheme.SignatureSize);
        var d = new BigInteger(1, key);
        var message = digest.ToArray();
        var z = new BigInteger(1, message);
        var nonces = new HMacDsaKCalculator(new Sha256Digest());
        nonces.Init(N, d, message);

        // The loop ends at the first round but with chance 2^-127: r or s zero, or x ≥ n, which v 27/28 cannot express.
        while (true)
        {
            var k = nonces.NextK();
            var point = TimesG(k);
            var r = point.AffineXCoord.ToBigInteger();
            if (r.SignValue == 0 || r.CompareTo(N) >= 0)
                continue;
            var s = k.ModInverse(N).Multiply(z.Add(r.Multiply(d))).Mod(N);
            if (s.SignValue == 0)
                continue;
            var odd = point.AffineYCoord.TestBitZero();
            if (s.CompareTo(HalfN) > 0)
            {
                s = N.Subtract(s);
                odd = !odd;
            }

            WriteScalar(r, signature[..32]);
            WriteScalar(s, signature[32..64]);
            signature[64] = odd ? (byte)28 : (byte)27;
            return;
        }
    }

    public bool TryRecover(Hash32 digest, ReadOnlySpan<byte> signature, Span<byte> publicKey)
    {
        Invariant.Assert(SignatureRules.IsWellFormed(signature));
        if (Lift(signature[..32], odd: signature[64] == 28) is not { } point)
            return false;
        var r = new BigInteger(1, signature[..32]);
        var s = new BigInteger(1, signature[32..64]);
        var z = new BigInteger(1, digest.ToArray());

        // Q = r⁻¹(sR − zG). Source: SEC 1, 4.1.6.
        var inverse = r.ModInverse(N);
        var u1 = inverse.Multiply(z).Negate().Mod(N);
        var u2 = inverse.Multiply(s).Mod(N);
        var q = ECAlgorithms.SumOfTwoMultiplies(Curve.G, u1, point, u2).Normalize();
        if (q.IsInfinity)
            return false;
        q.EncodeTo(compressed: false, publicKey);
        return true;
    }

    private static ECPoint TimesG(BigInteger k) => new FixedPointCombMultiplier().Multiply(Curve.G, k).Normalize();

    /// <summary>The point with this x and parity of y; null when there is none.</summary>
    private static ECPoint? Lift(ReadOnlySpan<byte> x, bool odd)
    {
        Span<byte> encoded = stackalloc byte[33];
        encoded[0] = odd ? (byte)3 : (byte)2;
        x.CopyTo(encoded[1..]);
        try
        {
            return Curve.Curve.DecodePoint(encoded);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static void WriteScalar(BigInteger value, Span<byte> destination)
    {
        destination.Clear();
        var bytes = value.ToByteArrayUnsigned();
        bytes.CopyTo(destination[(destination.Length - bytes.Length)..]);
    }
}
