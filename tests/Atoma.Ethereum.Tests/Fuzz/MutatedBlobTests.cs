using System.Text;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Rlp;
using Atoma.Ethereum.Secp256k1;
using Atoma.Ethereum.Tests.JsonRpc;
using Atoma.Ethereum.Tests.Vectors;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Fuzz;

/// <summary>
/// Changed blobs do not crash, cost no more than they weigh, and are not taken for what they are not: what decodes is another
/// canonical encoding, of exactly the changed bytes.
/// </summary>
public class MutatedBlobTests
{
    private const int Blobs = 100_000;
    private const int Seed = 20_261_123;

    /// <summary>Decoding may allocate this much per byte of input (boxed numbers, arrays), and what an exception takes.</summary>
    private const int AllocatedPerByte = 64;
    private const int AllocatedBase = 64 * 1024;

    /// <summary>The managed curve makes some thousand numbers to find out who signed.</summary>
    private const int AllocatedForRecovery = 1024 * 1024;

    /// <returns>What was decoded; null when it was refused in the one way that is allowed.</returns>
    private static T? Refused<T>(int inputLength, Func<T> decode, int allocatedBase = AllocatedBase)
        where T : class
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return decode();
        }
        catch (EthereumFormatException)
        {
            return null;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, allocatedBase + (long)AllocatedPerByte * inputLength);
        }
    }

    [Fact]
    public void Abi_Mutated_RefusedOrAnotherCanonicalEncoding()
    {
        var vectors = VectorFile.List("abi").Select(v =>
        {
            var types = string.Join(',', v.GetProperty("types").EnumerateArray().Select(t => t.GetString()));
            return (Type: new AbiFunction($"f({types})"), Bytes: v.Hex("encoded"));
        }).Where(v => v.Bytes.Length > 0).ToArray();
        var mutator = new Mutator(Seed);
        var accepted = 0;
        for (var i = 0; i < Blobs; i++)
        {
            var (type, bytes) = mutator.Pick(vectors);
            byte[] mutated = [.. type.Selector.Span, .. mutator.Mutate(bytes)];
            if (Refused(mutated.Length, () => type.DecodeArguments(mutated)) is not { } values)
                continue;
            accepted++;
            Assert.Equal(mutated, type.Encode(values));
        }

        // Some bits are values: another number is another encoding. All or none would mean that nothing was tried.
        Assert.InRange(accepted, Blobs / 50, Blobs / 2);
    }

    [Fact]
    public void Rlp_Mutated_RefusedOrAnotherCanonicalEncoding()
    {
        var vectors = VectorFile.List("rlp").Select(v => v.Hex("encoded")).ToArray();
        var mutator = new Mutator(Seed);
        var accepted = 0;
        for (var i = 0; i < Blobs; i++)
        {
            var mutated = mutator.Mutate(mutator.Pick(vectors));
            if (Refused(mutated.Length, () => RlpCodec.Decode(mutated)) is not { } item)
                continue;
            accepted++;
            Assert.Equal(mutated, RlpCodec.Encode(item));
        }

        Assert.InRange(accepted, Blobs / 50, Blobs / 2);
    }

    [Fact]
    public void Transactions_Mutated_RefusedOrOfAnotherSender()
    {
        var vectors = VectorFile.List("transactions").Select(v => SignedTransaction.Decode(v.Hex("raw"))).ToArray();
        var mutator = new Mutator(Seed);
        for (var i = 0; i < Blobs / 5; i++)
        {
            var original = mutator.Pick(vectors);
            var mutated = mutator.Mutate(original.Raw);
            if (Refused(mutated.Length, () => SignedTransaction.Decode(mutated), AllocatedForRecovery) is not { } decoded)
                continue;
            Assert.NotEqual(original.Sender, decoded.Sender);
            Assert.Equal(mutated, SignedTransaction.Join(decoded.Transaction, decoded.Signature, decoded.Sender).Raw);
        }
    }

    [Fact]
    public void Signatures_Mutated_NeverTheSameSigner()
    {
        var vectors = VectorFile.List("signatures").Select(v => (Hash: v.Hash("hash"), Full: v.Hex("full"), Compact: v.Hex("compact"), Signer: v.Address("address"))).ToArray();
        var signatures = new EthereumSignatures();
        var mutator = new Mutator(Seed);
        for (var i = 0; i < Blobs / 5; i++)
        {
            var original = mutator.Pick(vectors);
            Assert.NotEqual(original.Signer, signatures.Recover(original.Hash, mutator.Mutate(original.Full)));
            var compact = mutator.Mutate(original.Compact);
            if (i % 5 == 0 && Refused(compact.Length, () => CompactSignature.ToFull(compact)) is { } full)
            {
                Assert.Equal(compact, CompactSignature.FromFull(full));
                Assert.NotEqual(original.Signer, signatures.Recover(original.Hash, full));
            }
        }
    }

    [Fact]
    public void Keystores_Mutated_RefusedWrongOrTheSameKey()
    {
        using var key = NodeKey.FromBytes(Enumerable.Repeat((byte)0x46, 32).ToArray());
        var original = KeystoreV3.Encrypt(key, "x", cost: 2);
        var mutator = new Mutator(Seed);
        for (var i = 0; i < Blobs / 5; i++)
        {
            var mutated = mutator.Mutate(original);
            try
            {
                // What is not under the MAC and not checked (the file's id, white space, a spelling of hex) changes nothing.
                using var opened = KeystoreV3.Decrypt(mutated, "x");
                Assert.True(opened is null || opened.Id == key.Id || !SameInitialVector(original, mutated));
            }
            catch (EthereumFormatException)
            {
            }
        }
    }

    /// <summary>The MAC does not cover the initial vector: without the address, another key comes out of a changed one.</summary>
    private static bool SameInitialVector(byte[] original, byte[] mutated) => mutated.AsSpan().IndexOf(Between(original, "\"iv\":\"", "\"")) >= 0;

    private static byte[] Between(byte[] json, string before, string after)
    {
        var start = json.AsSpan().IndexOf(Encoding.ASCII.GetBytes(before));
        return json[start..(start + before.Length + json.AsSpan(start + before.Length).IndexOf(Encoding.ASCII.GetBytes(after)))];
    }

    private const string AnyHash = "0x1111111111111111111111111111111111111111111111111111111111111111";

    private static readonly string[] Answers =
    [
        """{"jsonrpc":"2.0","id":1,"result":{"number":"0x5","hash":"ANY_HASH","parentHash":"ANY_HASH","timestamp":"0x10","baseFeePerGas":"0x3b9aca00"}}""",
        """{"jsonrpc":"2.0","id":1,"result":{"transactionHash":"ANY_HASH","status":"0x1","blockNumber":"0x5","blockHash":"ANY_HASH","gasUsed":"0x5208","effectiveGasPrice":"0x7","contractAddress":null,"logs":[{"address":"0x00000000000000000000000000000000000000c1","topics":["ANY_HASH"],"data":"0x0102","blockNumber":"0x5","blockHash":"ANY_HASH","transactionHash":"ANY_HASH","logIndex":"0x0","removed":false}]}}""",
        """{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted: é","data":"0x08c379a00000"}}""",
        """{"jsonrpc":"2.0","id":1,"result":"0x00ff"}""",
        """[{"jsonrpc":"2.0","id":2,"result":[]},{"jsonrpc":"2.0","id":1,"result":{"number":"0x5","hash":"ANY_HASH","parentHash":"ANY_HASH","timestamp":"0x10"}}]""",
    ];

    [Fact]
    public async Task JsonRpc_MutatedAnswers_OnlyTypedFailures()
    {
        var mutator = new Mutator(Seed);
        byte[] body = [];
        var contract = NodeId.Parse("0x00000000000000000000000000000000000000c1");
        var answers = Answers.Select(a => Encoding.UTF8.GetBytes(a.Replace("ANY_HASH", AnyHash, StringComparison.Ordinal))).ToArray();
        Func<IChainClient, Task>[] questions =
        [
            c => c.HeadAsync(default), c => c.BlockAsync(5, default), c => c.FinalizedAsync(default), c => c.ReceiptAsync(Hash32.Parse(AnyHash), default),
            c => c.CallAsync(new ChainCall(contract, []), null, default), c => c.ChainIdAsync(default), c => c.SendAsync([1], default),
            c => c.LogsAsync(new ChainLogFilter(1, 5, [contract]), default),
        ];
        var answered = 0;
        for (var i = 0; i < Blobs / 5; i++)
        {
            body = mutator.Mutate(mutator.Pick(answers));
            var script = new ScriptedEndpoint { Respond = _ => new HttpResponseMessage { Content = new ByteArrayContent(body) } };
            try
            {
                await mutator.Pick(questions)(script.Client(attempts: 1));
                answered++;
            }
            catch (Exception e) when (e is ChainUnavailableException or ChainRejectedException or ChainRevertedException)
            {
            }
        }

        Assert.InRange(answered, 1, Blobs / 10);
    }
}
