using System.Numerics;
using System.Text;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Common;

public class Eip712Tests
{
    private const string Person = "Person(string name,address wallet)";

    /// <summary>The example of the EIP's text, every intermediate value included; its key is keccak256("cow").</summary>
    [Fact]
    public void Digest_MailExampleOfTheEip_PublishedValues()
    {
        var domain = new Eip712Struct(Eip712.TypeHash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"))
            .String("Ether Mail").String("1").UInt64(1).Address(NodeId.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC")).Hash();
        Assert.Equal("f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f", domain.ToString());

        var mailType = Eip712.TypeHash("Mail(Person from,Person to,string contents)" + Person);
        Assert.Equal("a0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2", mailType.ToString());

        var mail = new Eip712Struct(mailType)
            .Bytes32(PersonHash("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"))
            .Bytes32(PersonHash("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"))
            .String("Hello, Bob!").Hash();
        Assert.Equal("c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e", mail.ToString());

        var digest = Eip712.Digest(domain, mail);
        Assert.Equal("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2", digest.ToString());

        using var cow = NodeKey.FromBytes(Keccak.Hash("cow"u8).ToArray());
        Assert.Equal("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", cow.Id.ToString());
        Assert.Equal(
            "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c",
            Convert.ToHexStringLower(cow.Sign(digest)));
    }

    private static Hash32 PersonHash(string name, string wallet) =>
        new Eip712Struct(Eip712.TypeHash(Person)).String(name).Address(NodeId.Parse(wallet)).Hash();

    [Fact]
    public void Hash_AtomicFields_RightAlignedWords()
    {
        var type = Eip712.TypeHash("T(uint64 a,uint256 b,bool c,bytes d)");
        var expected = Keccak.Hash(Convert.FromHexString(
            type.ToString() + new string('0', 60) + "0102" + "01" + new string('0', 62) + new string('0', 63) + "1" +
            Keccak.Hash([7]).ToString()));

        var actual = new Eip712Struct(type)
            .UInt64(0x102).UInt256(BigInteger.One << 248).Bool(true).Bytes([7]).Hash();

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void UInt256_OutOfRange_Throws()
    {
        var word = new Eip712Struct(Hash32.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => word.UInt256(BigInteger.MinusOne));
        Assert.Throws<ArgumentOutOfRangeException>(() => word.UInt256(BigInteger.One << 256));
        Assert.Equal(
            new Eip712Struct(Hash32.Zero).Bytes32(Hash32.Parse(new string('f', 64))).Hash(),
            new Eip712Struct(Hash32.Zero).UInt256((BigInteger.One << 256) - 1).Hash());
        Assert.Equal(new Eip712Struct(Hash32.Zero).UInt64(0).Hash(), new Eip712Struct(Hash32.Zero).UInt256(0).Hash());
    }

    [Fact]
    public void DomainSeparator_OtherChain_OtherSeparator() =>
        Assert.NotEqual(Eip712.DomainSeparator(1), Eip712.DomainSeparator(2));

    /// <summary>Signed bytes may never change: this pins the domain.</summary>
    [Fact]
    public void DomainSeparator_DevelopmentChain_SpelledOut()
    {
        var expected = Keccak.Hash((byte[])[
            .. Keccak.Hash("EIP712Domain(string name,string version,uint256 chainId)"u8).ToArray(),
            .. Keccak.Hash("Atoma"u8).ToArray(), .. Keccak.Hash("1"u8).ToArray(),
            .. new byte[30], 0x7a, 0x69]);
        Assert.Equal(expected, Eip712.DomainSeparator(31337));
    }

    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02")]
    public void Keccak_KnownTexts_KnownDigests(string text, string expected) =>
        Assert.Equal(expected, Keccak.Hash(Encoding.ASCII.GetBytes(text)).ToString());

    [Theory]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0x8617E340B3D01FA5F11F306F4090FD50E238070D")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0x27b1fdb04752bbc536007a920d24acb045561c26")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void NodeId_Eip55Examples_SameText(string address) =>
        Assert.Equal(address, NodeId.Parse(address.ToLowerInvariant()).ToString());

    [Fact]
    public void NodeId_WrongChecksum_Refused() =>
        Assert.False(NodeId.TryParse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", out _));
}
