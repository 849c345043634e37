using System.Text;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Tests.Common;

public sealed class HashAndIdTests
{
    [Fact]
    public void Sha256_OfAbc_IsThePublishedDigest() => Assert.Equal(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Hash32.Sha256("abc"u8).ToString());

    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    public void Keccak_KnownText_IsThePublishedDigest(string text, string digest) =>
        Assert.Equal(digest, Keccak.Hash(Encoding.ASCII.GetBytes(text)).ToString());

    [Fact]
    public void Hash32_TextAndBytes_RoundTrip()
    {
        var hash = Hash32.Sha256("x"u8);
        Assert.Equal(hash, Hash32.Parse(hash.ToString()));
        Assert.Equal(hash, Hash32.Parse("0x" + hash.ToString().ToUpperInvariant()));
        Assert.Equal(hash, new Hash32(hash.ToArray()));
        Assert.Equal(0x2d711642b726b044UL, hash.High64);
        Assert.False(hash.IsZero);
        Assert.True(Hash32.Zero.IsZero);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a48")]
    [InlineData("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a488g")]
    public void Hash32_TryParse_NotAHash_IsRefused(string? text) => Assert.False(Hash32.TryParse(text, out _));

    [Fact]
    public void Hash32_Order_IsThatOfTheBytes()
    {
        var hashes = Enumerable.Range(0, 50).Select(i => Hash32.Sha256([(byte)i])).ToArray();
        Assert.Equal(hashes.OrderBy(h => h.ToString(), StringComparer.Ordinal), hashes.Order());
        Assert.Throws<ArgumentException>(() => new Hash32(new byte[31]));
    }

    // The examples of EIP-55.
    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void NodeId_ChecksummedAddress_RoundTripsAndRefusesAWrongCase(string text)
    {
        Assert.Equal(text, NodeId.Parse(text).ToString());
        Assert.Equal(text, NodeId.Parse(text.ToLowerInvariant()).ToString());
        var at = Array.FindIndex(text.ToCharArray(), 2, char.IsAsciiLetter);
        var flipped = text.ToCharArray();
        flipped[at] ^= ' ';
        Assert.False(NodeId.TryParse(new string(flipped), out _));
        Assert.False(NodeId.TryParse(text[2..], out _));
        Assert.False(NodeId.TryParse(text + "0", out _));
    }

    [Fact]
    public void NodeId_Order_IsThatOfTheBytes()
    {
        var ids = Enumerable.Range(0, 50).Select(i => new NodeId(Hash32.Sha256([(byte)i]).ToArray().AsSpan(0, 20))).ToArray();
        Assert.Equal(ids.OrderBy(i => i.ToString().ToLowerInvariant(), StringComparer.Ordinal), ids.Order());
    }
}
