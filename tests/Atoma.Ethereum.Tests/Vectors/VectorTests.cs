using System.Text.Json;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Rlp;
using Atoma.Ethereum.Secp256k1;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Vectors;

/// <summary>What ethers and viem agree on, our client says too, in both directions.</summary>
public class VectorTests
{
    private static readonly EthereumSignatures Signatures = new();

    /// <returns>How many there were: an empty list would prove nothing.</returns>
    private static int ForEach(string list, Action<JsonElement> check)
    {
        var count = 0;
        foreach (var vector in VectorFile.List(list))
        {
            check(vector);
            count++;
        }

        return count;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    private static NodeKey Key(JsonElement vector) => NodeKey.FromBytes(vector.Hex("privateKey"));

    [Fact]
    public void Keccak_RandomBytes_SameDigests() =>
        Assert.Equal(200, ForEach("keccak", v => Assert.Equal(v.Hash("hash"), Keccak.Hash(v.Hex("data")))));

    [Fact]
    public void Signatures_RandomKeysAndDigests_SameBytesAndSigners() => Assert.Equal(200, ForEach("signatures", v =>
    {
        using var key = Key(v);
        var signature = key.Sign(v.Hash("hash"));
        Assert.Equal(v.Text("address"), key.Id.ToString());
        Assert.Equal(v.Text("full"), Hex(signature));
        Assert.Equal(key.Id, Signatures.Recover(v.Hash("hash"), v.Hex("full")));
        Assert.Equal(v.Text("compact"), Hex(CompactSignature.FromFull(signature)));
        Assert.Equal(v.Text("full"), Hex(CompactSignature.ToFull(v.Hex("compact"))));
    }));

    [Fact]
    public void PersonalMessages_RandomBytes_SameDigestsAndSignatures() => Assert.Equal(100, ForEach("personal", v =>
    {
        using var key = Key(v);
        var digest = PersonalMessage.Digest(v.Hex("message"));
        Assert.Equal(v.Hash("digest"), digest);
        Assert.Equal(v.Text("signature"), Hex(key.Sign(digest)));
    }));

    [Fact]
    public void TypedData_StructsOfTheContracts_SameDigestsAndSignatures() => Assert.Equal(120, ForEach("typed", v =>
    {
        using var key = Key(v);
        var (chainId, contract, m) = ((ulong)v.Number("chainId"), v.Address("contract"), v.GetProperty("message"));
        var typed = new SettlementTypedData(chainId, contract);
        var digest = v.Text("primaryType") switch
        {
            "Voucher" => typed.Voucher(m.Address("user"), new Micros((long)m.Number("cumulative"))),
            "NodeBinding" => typed.NodeBinding(m.Address("node"), m.Address("owner")),
            "ReceiptKey" => typed.ReceiptKey(m.Address("node"), m.Address("key")),
            "Ruling" => typed.Ruling(m.Hash("id"), m.GetProperty("uphold").GetBoolean()),
            "Answer" => ContractAnswer.Digest(GatewayTypedData.Domain(chainId, contract), m.Hash("request"), m.Hash("resultHash")),
            _ => typed.Verdict(new ChainVerdict(
                m.Hash("id"), m.Address("node"), m.Hash("request"), m.Address("victim"), new Micros((long)m.Number("amount")), (int)m.Number("honest"),
                (int)m.Number("resolvers"), (ChainSlashKind)(int)m.Number("kind"), m.Hash("evidence"), (long)m.Number("deadline"))),
        };
        Assert.Equal(v.Hash("digest"), digest);
        Assert.Equal(v.Text("signature"), Hex(key.Sign(digest)));
    }));

    [Fact]
    public void Rlp_RandomTrees_SameBytesBothWays() => Assert.Equal(300, ForEach("rlp", v =>
    {
        var encoded = RlpCodec.Encode(Item(v.GetProperty("value")));
        Assert.Equal(v.Text("encoded"), Hex(encoded));
        Assert.Equal(v.Text("encoded"), Hex(RlpCodec.Encode(RlpCodec.Decode(encoded))));
    }));

    private static RlpItem Item(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? RlpItem.List([.. value.EnumerateArray().Select(Item)]) : RlpItem.Bytes(value.Hex());

    [Fact]
    public void Transactions_Random_SameBytesHashAndSender() => Assert.Equal(200, ForEach("transactions", v =>
    {
        using var key = Key(v);
        var signed = Transaction(v).Sign(key);
        Assert.Equal(v.Text("raw"), Hex(signed.Raw));
        Assert.Equal(v.Hash("hash"), signed.Hash);
        var decoded = SignedTransaction.Decode(v.Hex("raw"));
        Assert.Equal((key.Id, signed.Hash), (decoded.Sender, decoded.Hash));
        Assert.Equal(v.Text("raw"), Hex(decoded.Transaction.Sign(key).Raw));
    }));

    private static Eip1559Transaction Transaction(JsonElement v) => new(
        (ulong)v.Number("chainId"), (ulong)v.Number("nonce"), v.Number("maxPriorityFeePerGas"), v.Number("maxFeePerGas"), (ulong)v.Number("gas"),
        v.GetProperty("to").ValueKind == JsonValueKind.Null ? null : v.Address("to"), v.Number("value"), v.Hex("data"))
    {
        AccessList = [.. v.GetProperty("accessList").EnumerateArray().Select(e =>
            new AccessListEntry(e.Address("address"), [.. e.GetProperty("storageKeys").EnumerateArray().Select(k => new Hash32(k.Hex()))]))],
    };

    [Fact]
    public void Abi_RandomNestedTypes_SameBytesAndValues() => Assert.Equal(1_000, ForEach("abi", v =>
    {
        var types = v.GetProperty("types").EnumerateArray().Select(t => t.GetString()!).ToArray();
        var function = new AbiFunction($"f({string.Join(',', types)}) returns ({string.Join(',', types)})");
        object[] values = [.. types.Zip(v.GetProperty("values").EnumerateArray(), AbiValues.Of)];
        var encoded = function.Encode(values);
        Assert.Equal(v.Text("encoded"), Hex(encoded.AsSpan(4)));
        Assert.Equal(AbiValues.Show(values), AbiValues.Show(function.DecodeArguments(encoded)));
        Assert.Equal(AbiValues.Show(values), AbiValues.Show(function.DecodeResult(v.Hex("encoded"))));
    }));

    [Fact]
    public void Events_Random_SameTopicsAndValues() => Assert.Equal(100, ForEach("events", v =>
    {
        var probe = new AbiEvent(
            "Probe(address indexed from, bytes32 indexed key, string indexed name, uint256 n, bytes data, (uint256 a, string b, address[] c) inner)");
        Hash32[] topics = [.. v.GetProperty("topics").EnumerateArray().Select(t => new Hash32(t.Hex()))];
        var decoded = probe.Decode(new ChainLog(default, topics, v.Hex("data"), 1, Hash32.Zero, Hash32.Zero, 0));
        var values = v.GetProperty("values").EnumerateArray().Zip(probe.Inputs, (value, input) => AbiValues.Of(input.Type.Name, value)).ToArray();
        // Text in a topic is there as its hash.
        values[2] = Keccak.Hash(System.Text.Encoding.UTF8.GetBytes((string)values[2]));
        Assert.Equal(AbiValues.Show(values), AbiValues.Show(decoded));
    }));

    [Fact]
    public void ContractAddresses_Random_Same() =>
        Assert.Equal(200, ForEach("created", v => Assert.Equal(v.Text("address"), ContractAddress.OfCreate(v.Address("from"), (ulong)v.Number("nonce")).ToString())));

    [Fact]
    public void Checksums_Random_Same() =>
        Assert.Equal(200, ForEach("checksums", v => Assert.Equal(v.Text("checksum"), NodeId.Parse(v.Text("plain")).ToString())));

    [Fact]
    public void PayoutTrees_OneToFortyLeaves_SameRootsAndProofs() => Assert.Equal(40, ForEach("payouts", v =>
    {
        PayoutLeaf[] leaves = [.. v.GetProperty("leaves").EnumerateArray().Select(l => new PayoutLeaf(l.Address("payee"), new Micros((long)l.Number("cumulative"))))];
        var tree = new PayoutTree(leaves);
        Assert.Equal(v.Hash("root"), tree.Root);
        for (var i = 0; i < leaves.Length; i++)
        {
            Assert.True(PayoutTree.Verify(tree.Root, leaves[i], tree.Proof(i)));
            Assert.False(PayoutTree.Verify(tree.Root, leaves[i] with { Cumulative = leaves[i].Cumulative - new Micros(1) }, tree.Proof(i)));
            if (leaves.Length > 1)
                Assert.False(PayoutTree.Verify(tree.Root, leaves[i], tree.Proof((i + 1) % leaves.Length)));
        }
    }));

    [Fact]
    public void Keystores_OfEthers_Open() => Assert.Equal(3, ForEach("keystores", v =>
    {
        var json = System.Text.Encoding.UTF8.GetBytes(v.Text("json"));
        using var expected = Key(v);
        using var key = KeystoreV3.Decrypt(json, v.Text("passphrase"));
        Assert.Equal(expected.Id, key!.Id);
        Assert.Null(KeystoreV3.Decrypt(json, v.Text("passphrase") + "x"));
    }));
}
