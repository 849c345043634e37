using System.Security.Cryptography;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Secp256k1;
using Atoma.Protocol.Common;
using CsCheck;

namespace Atoma.Ethereum.Tests.Secp256k1;

public class SignatureTests
{
    private const string One = "0000000000000000000000000000000000000000000000000000000000000001";
    private const string Order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    private const string OrderMinusOne = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";

    public static TheoryData<string> Implementations => CurveFixture.Names;

    private static NodeKey Key(string hex, string implementation) =>
        NodeKey.FromBytes(Convert.FromHexString(hex), CurveFixture.Get(implementation));

    private static EthereumSignatures Scheme(string implementation) => new(CurveFixture.Get(implementation));

    private static readonly (string Key, string Address)[] KnownKeys =
    [
        // The first three development accounts that anvil and hardhat print.
        ("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        ("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        ("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        (One, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"),
    ];

    // RFC 6979 vectors of secp256k1 with SHA-256 messages and low s, as bitcoin's libraries publish them.
    private static readonly (string Key, string Message, string Signature)[] KnownSignatures =
    [
        (One, "Satoshi Nakamoto",
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"),
        (One, "All those moments will be lost in time, like tears in rain. Time to die...",
            "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"),
        (OrderMinusOne, "Satoshi Nakamoto",
            "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5"),
    ];

    [Theory, MemberData(nameof(Implementations))]
    public void Id_KnownKeys_KnownAddresses(string implementation)
    {
        foreach (var (hex, address) in KnownKeys)
        {
            using var key = Key(hex, implementation);
            Assert.Equal(address, key.Id.ToString());
        }
    }

    [Theory, MemberData(nameof(Implementations))]
    public void Sign_KnownMessages_Rfc6979Signatures(string implementation)
    {
        foreach (var (hex, message, expected) in KnownSignatures)
        {
            using var key = Key(hex, implementation);
            var digest = Hash32.Sha256(System.Text.Encoding.ASCII.GetBytes(message));
            var signature = key.Sign(digest);
            Assert.Equal(expected, Convert.ToHexStringLower(signature[..64]));
            Assert.Equal(key.Id, Scheme(implementation).Recover(digest, signature));
        }
    }

    [Theory, MemberData(nameof(Implementations))]
    public void SelfTest_ThisImplementation_Passes(string implementation) =>
        Assert.True(SelfTest.Passes(CurveFixture.Get(implementation)));

    [NativeFact]
    public void Sign_RandomKeysAndDigests_BothImplementationsAgree()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[32];
            random.NextBytes(bytes);
            using var managed = NodeKey.FromBytes(bytes, Curves.Managed);
            using var native = NodeKey.FromBytes(bytes, Curves.Native!);
            random.NextBytes(bytes);
            var digest = i switch
            {
                0 => Hash32.Zero,
                1 => Hash32.Parse(Order),
                2 => Hash32.Parse(new string('f', 64)),
                _ => new Hash32(bytes),
            };
            var signature = managed.Sign(digest);
            Assert.Equal(signature, native.Sign(digest));
            Assert.Equal(managed.Id, native.Id);
            Assert.Equal(managed.Id, Scheme("native").Recover(digest, signature));
            Assert.Equal(managed.Id, Scheme("managed").Recover(digest, signature));
        }
    }

    [NativeFact]
    public void Recover_RandomBytes_BothImplementationsAgree() =>
        Gen.Select(Gen.Byte.Array[64], Gen.Byte.Array[32], Gen.Bool).Sample(
            (rs, digest, odd) =>
            {
                rs[32] &= 0x7f;
                byte[] signature = [.. rs, odd ? (byte)28 : (byte)27];
                Assert.Equal(
                    Scheme("managed").Recover(new Hash32(digest), signature),
                    Scheme("native").Recover(new Hash32(digest), signature));
            },
            iter: 300);

    [Theory, MemberData(nameof(Implementations))]
    public void Recover_EveryRefusedForm_Null(string implementation)
    {
        var scheme = Scheme(implementation);
        using var key = Key(KnownKeys[0].Key, implementation);
        var digest = Hash32.Sha256("refusals"u8);
        var good = key.Sign(digest);
        Assert.Equal(key.Id, scheme.Recover(digest, good));

        Refused("empty", []);
        Refused("too short", good[..64]);
        Refused("too long", [.. good, 0]);
        foreach (var v in (byte[])[0, 1, 26, 29, 255])
            Refused($"v = {v}", [.. good[..64], v]);
        Refused("zero r", [.. new byte[32], .. good[32..]]);
        Refused("zero s", [.. good[..32], .. new byte[32], good[64]]);
        Refused("r = n", [.. Convert.FromHexString(Order), .. good[32..]]);
        Refused("s = n", [.. good[..32], .. Convert.FromHexString(Order), good[64]]);
        // x = 5 is on no point: 5³ + 7 = 132 is no square modulo p.
        Refused("off curve", [.. new byte[31], 5, .. good[32..]]);
        Refused("high s", HighS(good));

        void Refused(string why, byte[] signature) =>
            Assert.True(scheme.Recover(digest, signature) is null, why);
    }

    /// <summary>The other valid ECDSA signature of the same digest: n − s with the opposite v.</summary>
    private static byte[] HighS(byte[] signature)
    {
        var n = new System.Numerics.BigInteger(Convert.FromHexString(Order), isUnsigned: true, isBigEndian: true);
        var s = new System.Numerics.BigInteger(signature.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        var high = (n - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. signature[..32], .. new byte[32 - high.Length], .. high, (byte)(55 - signature[64])];
    }

    [Theory, MemberData(nameof(Implementations))]
    public void Recover_MutatedSignatures_NeverTheSigner(string implementation)
    {
        var scheme = Scheme(implementation);
        using var key = Key(KnownKeys[1].Key, implementation);
        var digest = Hash32.Sha256("mutations"u8);
        var good = key.Sign(digest);
        var random = new Random(20261122);
        for (var i = 0; i < 1200; i++)
        {
            var mutated = good.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                mutated[random.Next(mutated.Length)] ^= (byte)random.Next(1, 256);
            if (!mutated.AsSpan().SequenceEqual(good))
                Assert.NotEqual(key.Id, scheme.Recover(digest, mutated));
        }
    }

    [Theory, MemberData(nameof(Implementations))]
    public void Recover_OtherDigest_NotTheSigner(string implementation)
    {
        using var key = Key(KnownKeys[2].Key, implementation);
        var signature = key.Sign(Hash32.Sha256("one"u8));
        Assert.NotEqual(key.Id, Scheme(implementation).Recover(Hash32.Sha256("two"u8), signature));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(Order)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("01")]
    public void FromBytes_NotAKey_ThrowsWithoutShowingIt(string hex)
    {
        var error = Assert.Throws<ArgumentException>(() => NodeKey.FromBytes(Convert.FromHexString(hex)));
        Assert.DoesNotContain(hex, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Generate_Twice_DifferentKeysThatSign()
    {
        using var first = NodeKey.Generate();
        using var second = NodeKey.Generate();
        Assert.NotEqual(first.Id, second.Id);
        var digest = new Hash32(RandomNumberGenerator.GetBytes(32));
        Assert.Equal(first.Id, new EthereumSignatures().Recover(digest, first.Sign(digest)));
    }

    [Fact]
    public void Sign_AfterDispose_Throws()
    {
        var key = NodeKey.Generate();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(Hash32.Zero));
    }
}
