using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Atoma.Protocol.Common;

/// <summary>
/// EIP-712 typed data, as far as the protocol signs it: structs of atomic fields, bytes and strings; a nested struct is given by
/// its hash. Wallets and contracts compute the same digests. Source: https://eips.ethereum.org/EIPS/eip-712.
/// </summary>
public static class Eip712
{
    /// <summary>Name and version in the domain of everything that Atoma signs.</summary>
    public const string DomainName = "Atoma";

    public const string DomainVersion = "1";

    private static readonly Hash32 DomainType = TypeHash("EIP712Domain(string name,string version,uint256 chainId)");

    private static readonly Hash32 ContractDomainType = TypeHash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// <summary>Keccak-256 of encodeType, for example <c>Commitment(bytes32 request,address node)</c>: no spaces but between type and name.</summary>
    public static Hash32 TypeHash(string encodedType) => Keccak.Hash(Encoding.UTF8.GetBytes(encodedType));

    /// <summary>Separator of Atoma's own domain on a chain; a network without a chain uses its configured number.</summary>
    public static Hash32 DomainSeparator(ulong chainId) =>
        new Eip712Struct(DomainType).String(DomainName).String(DomainVersion).UInt64(chainId).Hash();

    /// <summary>Separator of a contract's domain: what is signed under it is good for this contract on this chain alone.</summary>
    public static Hash32 DomainSeparator(string name, string version, ulong chainId, NodeId verifyingContract) =>
        new Eip712Struct(ContractDomainType).String(name).String(version).UInt64(chainId).Address(verifyingContract).Hash();

    /// <summary>What is signed: keccak256(0x19 01 ‖ domain separator ‖ struct hash).</summary>
    public static Hash32 Digest(Hash32 domainSeparator, Hash32 structHash)
    {
        Span<byte> bytes = stackalloc byte[2 + 2 * Hash32.Size];
        bytes[0] = 0x19;
        bytes[1] = 0x01;
        domainSeparator.CopyTo(bytes[2..]);
        structHash.CopyTo(bytes[(2 + Hash32.Size)..]);
        return Keccak.Hash(bytes);
    }
}

/// <summary>Builds hashStruct: the type hash, then one 32-byte word per field in the type's order.</summary>
public sealed class Eip712Struct
{
    private const int WordSize = 32;

    private readonly ArrayBufferWriter<byte> _words = new(8 * WordSize);

    public Eip712Struct(Hash32 typeHash) => Bytes32(typeHash);

    /// <summary>bytes32, or the hash of a nested struct or array.</summary>
    public Eip712Struct Bytes32(Hash32 value)
    {
        value.CopyTo(NextWord());
        return this;
    }

    public Eip712Struct Address(NodeId value)
    {
        value.CopyTo(NextWord()[(WordSize - NodeId.Size)..]);
        return this;
    }

    /// <summary>Any unsigned type of up to 64 bits, uint256 included.</summary>
    public Eip712Struct UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(NextWord()[(WordSize - sizeof(ulong))..], value);
        return this;
    }

    /// <param name="value">0 to 2^256 − 1.</param>
    public Eip712Struct UInt256(BigInteger value)
    {
        var size = value.Sign < 0 ? int.MaxValue : value.GetByteCount(isUnsigned: true);
        if (size > WordSize)
            throw new ArgumentOutOfRangeException(nameof(value), "A uint256 is 0 to 2^256 - 1.");
        var written = value.TryWriteBytes(NextWord()[(WordSize - size)..], out _, isUnsigned: true, isBigEndian: true);
        Invariant.Assert(written);
        return this;
    }

    public Eip712Struct Bool(bool value) => UInt64(value ? 1UL : 0UL);

    /// <summary>Dynamic bytes: their Keccak-256.</summary>
    public Eip712Struct Bytes(ReadOnlySpan<byte> value) => Bytes32(Keccak.Hash(value));

    /// <summary>A string: Keccak-256 of its UTF-8.</summary>
    public Eip712Struct String(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    public Hash32 Hash() => Keccak.Hash(_words.WrittenSpan);

    private Span<byte> NextWord()
    {
        var word = _words.GetSpan(WordSize)[..WordSize];
        word.Clear();
        _words.Advance(WordSize);
        return word;
    }
}
