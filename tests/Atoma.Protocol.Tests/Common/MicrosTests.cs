using System.Numerics;
using Atoma.Protocol.Common;
using CsCheck;

namespace Atoma.Protocol.Tests.Common;

public sealed class MicrosTests
{
    [Theory]
    [InlineData(1000, 1, 1, 1)]
    [InlineData(999, 1, 0, 1)]
    [InlineData(1, 1, 0, 1)]
    [InlineData(0, 1000, 0, 0)]
    [InlineData(1001, 500, 500, 501)]
    [InlineData(7, 1000, 7, 7)]
    public void Permille_SmallAmounts_RoundsAsNamed(long amount, int permille, long floor, long ceiling)
    {
        Assert.Equal(floor, new Micros(amount).PermilleFloor(permille).Value);
        Assert.Equal(ceiling, new Micros(amount).PermilleCeiling(permille).Value);
        Assert.Equal(ceiling, new Micros(amount).ForTokensCeiling(permille).Value);
    }

    [Fact]
    public void Permille_AnyAmount_IsTheExactQuotientRoundedAsNamed() => Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[0, 1000]).Sample((amount, permille) =>
    {
        var product = (BigInteger)amount * permille;
        Assert.Equal(product / 1000, new Micros(amount).PermilleFloor(permille).Value);
        Assert.Equal((product + 999) / 1000, new Micros(amount).PermilleCeiling(permille).Value);
    });

    [Fact]
    public void Arithmetic_WhatDoesNotFit_Throws()
    {
        var most = new Micros(long.MaxValue);
        Assert.Throws<OverflowException>(() => most + new Micros(1));
        Assert.Throws<OverflowException>(() => new Micros(long.MinValue) - new Micros(1));
        Assert.Throws<OverflowException>(() => -new Micros(long.MinValue));
        Assert.Throws<OverflowException>(() => most * 2);
        Assert.Throws<OverflowException>(() => most.PermilleCeiling(1001));
        Assert.Throws<InvariantException>(() => new Micros(-1).PermilleFloor(1));
        Assert.Throws<InvariantException>(() => new Micros(1).ForTokensCeiling(-1));
    }
}
