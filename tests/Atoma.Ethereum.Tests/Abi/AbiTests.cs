using System.Numerics;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Abi;

public class AbiTests
{
    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Word(int value) => value.ToString("x64");

    /// <summary>Examples of the ABI's specification (docs.soliditylang.org, "Examples" and "Use of Dynamic Types").</summary>
    [Fact]
    public void Encode_ExamplesOfTheSpecification_PublishedBytes()
    {
        Assert.Equal("cdcd77c0" + Word(69) + Word(1), Hex(new AbiFunction("baz(uint32,bool)").Encode(69, true)));
        Assert.Equal(
            "fce353f6" + "6162630000000000000000000000000000000000000000000000000000000000" + "6465660000000000000000000000000000000000000000000000000000000000",
            Hex(new AbiFunction("bar(bytes3[2])").Encode((object)new object[] { "abc"u8.ToArray(), "def"u8.ToArray() })));
        Assert.Equal(
            "8be65246" + Word(0x123) + Word(0x80) + "3132333435363738393000000000000000000000000000000000000000000000" + Word(0xe0) +
            Word(2) + Word(0x456) + Word(0x789) + Word(13) + "48656c6c6f2c20776f726c642100000000000000000000000000000000000000",
            Hex(new AbiFunction("f(uint256,uint32[],bytes10,bytes)").Encode(0x123, new object[] { 0x456, 0x789 }, "1234567890"u8.ToArray(), "Hello, world!"u8.ToArray())));
        Assert.Equal(
            "2289b18c" + Word(0x40) + Word(0x140) + Word(2) + Word(0x40) + Word(0xa0) + Word(2) + Word(1) + Word(2) + Word(1) + Word(3) +
            Word(3) + Word(0x60) + Word(0xa0) + Word(0xe0) + Text("one") + Text("two") + Text("three"),
            Hex(new AbiFunction("g(uint256[][],string[])").Encode(
                new object[] { new object[] { 1, 2 }, new object[] { 3 } }, new object[] { "one", "two", "three" })));
    }

    private static string Text(string text) => Word(text.Length) + Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(text)).PadRight(64, '0');

    [Fact]
    public void Declaration_WithNamesAndTuples_CanonicalSignature()
    {
        var function = new AbiFunction("claim(uint64 epoch, (address payee, uint128 cumulative)[] leaves, bytes32[] proof) returns (bool done, uint256)");
        Assert.Equal("claim(uint64,(address,uint128)[],bytes32[])", function.Signature);
        Assert.Equal(["epoch", "leaves", "proof"], function.Inputs.Select(i => i.Name));
        Assert.Equal(["done", ""], function.Outputs.Select(i => i.Name));
        Assert.Equal("transfer(address,uint256)", new AbiFunction("transfer(address to,uint256 value)returns(bool)").Signature);
        Assert.Equal("a9059cbb", Hex(new AbiFunction("transfer(address,uint256)").Selector.ToArray()));
    }

    [Theory]
    [InlineData("f(uint7)")]
    [InlineData("f(uint264)")]
    [InlineData("f(uint)")]
    [InlineData("f(bytes33)")]
    [InlineData("f(bytes0)")]
    [InlineData("f(uint8[0])")]
    [InlineData("f(uint8[-1])")]
    [InlineData("f(uint8[9999][9999])")]
    [InlineData("f(())")]
    [InlineData("f(uint8,)")]
    [InlineData("f(uint8")]
    [InlineData("f(uint8))")]
    [InlineData("f(address indexed a)")]
    [InlineData("(uint8)")]
    [InlineData("f")]
    [InlineData("")]
    [InlineData("f(uint8[)")]
    [InlineData("f(uint8[][][][][][][][][][][][][][][][][])")]
    [InlineData("f((((((((((((((((((uint8))))))))))))))))))")]
    public void Declaration_NotOne_Refused(string text) => Assert.Throws<EthereumFormatException>(() => new AbiFunction(text));

    [Fact]
    public void Event_TransferOfToken_TopicAndValues()
    {
        var transfer = new AbiEvent("Transfer(address indexed from, address indexed to, uint256 value)");
        Assert.Equal("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", transfer.SignatureHash.ToString());
        var log = Log([transfer.SignatureHash, Hash32.Parse(Word(1)), Hash32.Parse(Word(2))], Convert.FromHexString(Word(7)));
        var values = transfer.Decode(log);
        Assert.Equal(Word(1)[24..], values[0].ToString()![2..].ToLowerInvariant());
        Assert.Equal(new BigInteger(7), values[2]);
        Assert.Throws<EthereumFormatException>(() => transfer.Decode(log with { Topics = [transfer.SignatureHash] }));
        Assert.Throws<EthereumFormatException>(() => transfer.Decode(log with { Topics = [transfer.SignatureHash, Hash32.Parse(new string('f', 64)), Hash32.Zero] }));
        Assert.False(transfer.Matches(log with { Topics = [] }));
    }

    [Fact]
    public void Event_TextThatIsNotUtf8_ReadableAsBytes()
    {
        byte[] data = [.. Convert.FromHexString(Word(0x20) + Word(1)), 0xFF, .. new byte[31]];
        var strict = new AbiEvent("Said(string text)");
        var lenient = new AbiEvent("Said(string text)", textAsBytes: true);
        Assert.Equal(strict.SignatureHash, lenient.SignatureHash);
        Assert.Throws<EthereumFormatException>(() => strict.Decode(Log([strict.SignatureHash], data)));
        Assert.Equal<byte>([0xFF], (byte[])lenient.Decode(Log([strict.SignatureHash], data))[0]);
    }

    private static ChainLog Log(Hash32[] topics, byte[] data) => new(default, topics, data, 1, Hash32.Zero, Hash32.Zero, 0);

    [Theory]
    [InlineData("uint8", 256)]
    [InlineData("uint8", -1)]
    [InlineData("int8", 128)]
    [InlineData("int8", -129)]
    [InlineData("bool", 1)]
    [InlineData("address", "0x0")]
    [InlineData("string", 1)]
    [InlineData("bytes", "x")]
    public void Encode_ValueThatDoesNotFit_Refused(string type, object value) =>
        Assert.Throws<ArgumentException>(() => AbiType.Parse(type).Encode(value));

    [Fact]
    public void Encode_HalfASurrogatePair_Refused() => Assert.Throws<ArgumentException>(() => AbiType.Parse("string").Encode("\ud800"));

    /// <summary>Each is one step away from a canonical encoding.</summary>
    [Theory]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("bool", "0100000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("address", "0000000000000000000000010000000000000000000000000000000000000001")]
    [InlineData("bytes4", "0102030400000000000000000000000000000000000000000000000000000001")]
    [InlineData("uint256", "00")]
    [InlineData("uint256", "")]
    public void Decode_WordThatIsNotCanonical_Refused(string type, string hex) =>
        Assert.Throws<EthereumFormatException>(() => AbiType.Parse(type).Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Decode_OffsetsAndLengthsThatLie_Refused()
    {
        var bytes = AbiType.Parse("bytes");
        var good = bytes.Encode("abc"u8.ToArray());
        Assert.Equal<byte>("abc"u8.ToArray(), (byte[])bytes.Decode(good));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode([.. good, .. new byte[32]]));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode(With(good, 95, 1)));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode(With(good, 31, 0)));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode(With(good, 31, 0x40)));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode(With(good, 0, 0xFF)));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode(With(good, 60, 0x7F)));
        Assert.Throws<EthereumFormatException>(() => bytes.Decode(With(good, 63, 64)));
    }

    /// <summary>A word that claims 2^31 elements, and nested arrays that all point to the same place, cost nothing.</summary>
    [Fact]
    public void Decode_ClaimedSizes_AllocateNothing()
    {
        var array = AbiType.Parse("uint256[][][][][][]");
        var data = Convert.FromHexString(string.Concat(Enumerable.Repeat(Word(0x20), 4096)));
        var bomb = Convert.FromHexString(Word(0x20) + "000000000000000000000000000000000000000000000000000000007fffffff");
        Assert.Throws<EthereumFormatException>(() => array.Decode(bomb));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            try
            {
                array.Decode(i % 2 == 0 ? bomb : data);
                Assert.Fail("decoded");
            }
            catch (EthereumFormatException)
            {
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 2 * data.Length);
    }

    private static byte[] With(byte[] data, int at, byte value)
    {
        var copy = data.ToArray();
        copy[at] = value;
        return copy;
    }

    [Fact]
    public void ErrorTable_KnownAndUnknownErrors_InWords()
    {
        var table = new AbiErrorTable([new AbiError("Short(uint256 available, address user)")]);
        var error = new AbiError("Short(uint256 available, address user)");
        Assert.Equal($"reverted with Short(available: 5, user: {default(NodeId)})", table.Describe(error.Encode(5, default(NodeId))));
        Assert.Equal("reverted: no?", table.Describe(new AbiError("Error(string)").Encode("no\n")));
        Assert.Equal("reverted with panic 0x11", table.Describe(new AbiError("Panic(uint256)").Encode(0x11)));
        Assert.Equal("reverted without a reason", table.Describe([]));
        Assert.Equal("reverted with unknown data 0x01", table.Describe([1]));
        Assert.StartsWith("reverted with unknown data", table.Describe(error.Encode(5, default(NodeId)).AsSpan(0, 20)));
    }
}
