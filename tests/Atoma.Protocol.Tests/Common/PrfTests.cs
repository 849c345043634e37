using Atoma.Protocol.Common;

namespace Atoma.Protocol.Tests.Common;

public sealed class PrfTests
{
    // kat_vectors of the Random123 distribution, philox4x32 10.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_PublishedCounterAndKey_GivesThePublishedBits(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal((r0, r1, r2, r3), Prf.Philox4x32(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void Philox_OfASeed_IsTheFirstHalfOfItsBlock()
    {
        Assert.Equal(0xe169c58d_6627e8d5UL, Prf.Philox(0, 0, 0));
        var (c0, c1, _, _) = Prf.Philox4x32(7, 9, 0, 0, 0x55667788, 0x11223344);
        Assert.Equal(((ulong)c1 << 32) | c0, Prf.Philox(0x11223344_55667788, position: 9, token: 7));
    }

    /// <summary>With 53 bits the largest rounded to 1 and −ln(−ln 1) broke an invariant in every sampler.</summary>
    [Fact]
    public void Uniform_AtBothEnds_StaysInsideTheOpenInterval()
    {
        Assert.Equal(1 - Math.Pow(2, -53), Prf.Midpoint(ulong.MaxValue));
        Assert.Equal(Math.Pow(2, -53), Prf.Midpoint(0));
        foreach (var bits in new[] { 0UL, 1UL << 12, ulong.MaxValue - 4096, ulong.MaxValue })
            Assert.True(double.IsFinite(-ExactMath.Log(-ExactMath.Log(Prf.Midpoint(bits)))));
    }

    [Fact]
    public void Uniform_OverManySeeds_IsUniform()
    {
        var buckets = new int[100];
        for (ulong seed = 0; seed < 100_000; seed++)
            buckets[(int)(Prf.Uniform(seed, 3, 5) * 100)]++;
        var chiSquare = buckets.Sum(b => (b - 1000.0) * (b - 1000.0) / 1000.0);
        Assert.InRange(chiSquare, 50, 160); // 99 degrees of freedom
    }

    [Fact]
    public void Derive_DomainsAndParts_ShareNoInput()
    {
        Hash32[] all =
        [
            Prf.Derive("a"), Prf.Derive("a", []), Prf.Derive("ab"), Prf.Derive("a", "b"u8.ToArray()), Prf.Derive("a", "b"u8.ToArray(), []),
            Prf.Derive("a", "bc"u8.ToArray()), Prf.Derive("a", "b"u8.ToArray(), "c"u8.ToArray()),
        ];
        Assert.Equal(all.Length - 1, all.Distinct().Count()); // no part and an empty span of parts are the same call
        Assert.Equal(Hash32.Sha256([1, 0, 0, 0, (byte)'a', 1, 0, 0, 0, (byte)'b']), Prf.Derive("a", "b"u8.ToArray()));
    }
}
