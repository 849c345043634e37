using Atoma.Protocol.Common;

namespace Atoma.Protocol.Tests.Common;

public sealed class CanonicalTests
{
    private static CanonicalWriter Everything() => new CanonicalWriter()
        .Byte(0xAB).Bool(true).Bool(false).UInt16(0x1234).Int32(-2).Int64(-3).UInt64(ulong.MaxValue).Float64(1.5)
        .VarUInt(0).VarUInt(127).VarUInt(128).VarUInt(uint.MaxValue).Count(300).Money(new Micros(1_000_000))
        .Text("aé").Bytes([1, 2, 3]).Tokens([5, 70_000]);

    [Fact]
    public void Writer_EveryKindOfValue_GivesTheGoldenBytes() => Assert.Equal(
        "ab01003412feffffff" + "fdffffffffffffff" + "ffffffffffffffff" + "000000000000f83f" + "007f8001ffffffff0fac02"
        + "40420f0000000000" + "0361c3a9" + "03010203" + "0205f0a204",
        Convert.ToHexStringLower(Everything().ToArray()));

    [Fact]
    public void Reader_WhatTheWriterWrote_GivesItBack()
    {
        var r = new CanonicalReader(Everything().ToArray());
        Assert.Equal(0xAB, r.Byte());
        Assert.True(r.Bool());
        Assert.False(r.Bool());
        Assert.Equal(0x1234, r.UInt16());
        Assert.Equal(-2, r.Int32());
        Assert.Equal(-3, r.Int64());
        Assert.Equal(ulong.MaxValue, r.UInt64());
        Assert.Equal(1.5, r.Float64());
        Assert.Equal(0u, r.VarUInt());
        Assert.Equal(127u, r.VarUInt());
        Assert.Equal(128u, r.VarUInt());
        Assert.Equal(uint.MaxValue, r.VarUInt());
        Assert.Equal(300, r.Count(300));
        Assert.Equal(new Micros(1_000_000), r.Money());
        Assert.Equal("aé", r.Text(3));
        Assert.Equal([1, 2, 3], r.Bytes(3));
        Assert.Equal([5, 70_000], r.Tokens(2));
        r.End();
    }

    [Theory]
    [InlineData("8000", "longer than needed")]
    [InlineData("ff00", "longer than needed")]
    [InlineData("8080808000", "longer than needed")]
    [InlineData("ffffffff10", "32 bits")]
    [InlineData("ffffffff8f00", "32 bits")]
    [InlineData("80", "too early")]
    [InlineData("", "too early")]
    public void VarUInt_NotTheShortestForm_IsRefused(string hex, string reason)
    {
        var e = Assert.Throws<CanonicalFormatException>(() => new CanonicalReader(Convert.FromHexString(hex)).VarUInt());
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("02")]
    [InlineData("ff")]
    public void Bool_NeitherZeroNorOne_IsRefused(string hex) =>
        Assert.Throws<CanonicalFormatException>(() => new CanonicalReader(Convert.FromHexString(hex)).Bool());

    [Fact]
    public void Count_AboveItsLimit_IsRefusedBeforeAnythingIsAllocated()
    {
        var huge = new CanonicalWriter().VarUInt(int.MaxValue).ToArray();
        Assert.Throws<CanonicalFormatException>(() => new CanonicalReader(huge).Count(int.MaxValue - 1));
        Assert.Throws<CanonicalFormatException>(() => new CanonicalReader(huge).Tokens(int.MaxValue));
        Assert.Throws<CanonicalFormatException>(() => new CanonicalReader(huge).Bytes(int.MaxValue));
        Assert.Throws<CanonicalFormatException>(() => new CanonicalReader(huge).Text(int.MaxValue));
    }

    [Fact]
    public void Tokens_AnIdBeyond31Bits_IsRefused() => Assert.Throws<CanonicalFormatException>(
        () => new CanonicalReader(new CanonicalWriter().Count(1).VarUInt(0x8000_0000).ToArray()).Tokens(1));

    [Fact]
    public void Text_NotUtf8_IsRefused() =>
        Assert.Throws<CanonicalFormatException>(() => new CanonicalReader([2, 0xC3, 0x28]).Text(10));

    [Fact]
    public void End_BytesLeft_IsRefused() => Assert.Throws<CanonicalFormatException>(() => new CanonicalReader([0]).End());
}
