using System.Buffers.Binary;
using System.Text;

namespace Atoma.Protocol.Common;

/// <summary>A node's id: the Ethereum address of its secp256k1 key (P1), 20 bytes, shown with EIP-55 mixed-case checksum.</summary>
public readonly struct NodeId : IEquatable<NodeId>, IComparable<NodeId>
{
    public const int Size = 20;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly uint _c;

    /// <param name="bytes">Exactly 20 bytes.</param>
    public NodeId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"An address has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    public bool IsZero => (_a | _b | _c) == 0;

    /// <summary>Address of an uncompressed public key.</summary>
    /// <param name="publicKey">65 bytes: 0x04, X, Y.</param>
    public static NodeId FromPublicKey(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != 65 || publicKey[0] != 4)
            throw new ArgumentException("An uncompressed public key has 65 bytes and starts with 04.", nameof(publicKey));
        var hash = Keccak.Hash(publicKey[1..]).ToArray();
        return new NodeId(hash.AsSpan(12));
    }

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _c);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Parses 0x + 40 hex digits. A mixed-case address must carry the right EIP-55 checksum.</summary>
    public static bool TryParse(string? text, out NodeId id)
    {
        id = default;
        if (text is null || text.Length != 2 + Size * 2 || !text.StartsWith("0x", StringComparison.Ordinal))
            return false;
        Span<byte> bytes = stackalloc byte[Size];
        if (Convert.FromHexString(text.AsSpan(2), bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        var parsed = new NodeId(bytes);
        var digits = text[2..];
        var mixed = digits.Any(char.IsAsciiLetterUpper) && digits.Any(char.IsAsciiLetterLower);
        if (mixed && !string.Equals(parsed.ToString(), text, StringComparison.Ordinal))
            return false;
        id = parsed;
        return true;
    }

    /// <exception cref="FormatException">Not an address, or its checksum is wrong.</exception>
    public static NodeId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("A node id is an Ethereum address: 0x and 40 hex digits.");

    public bool Equals(NodeId other) => _a == other._a && _b == other._b && _c == other._c;

    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_a, _b, _c);

    public int CompareTo(NodeId other)
    {
        var byA = _a.CompareTo(other._a);
        if (byA != 0) return byA;
        var byB = _b.CompareTo(other._b);
        return byB != 0 ? byB : _c.CompareTo(other._c);
    }

    /// <summary>0x and 40 lowercase digits: the id of this address's account, which is part of its requests' ids (contracts make the same text).</summary>
    public string ToAccount() => "0x" + Convert.ToHexStringLower(ToArray());

    /// <summary>EIP-55: a letter is upper case where the hex digit of keccak(lower-case address) is ≥ 8.</summary>
    public override string ToString()
    {
        var digits = Convert.ToHexStringLower(ToArray());
        var checksum = Keccak.Hash(Encoding.ASCII.GetBytes(digits)).ToString();
        var text = new char[2 + digits.Length];
        text[0] = '0';
        text[1] = 'x';
        for (var i = 0; i < digits.Length; i++)
            text[i + 2] = checksum[i] >= '8' ? char.ToUpperInvariant(digits[i]) : digits[i];
        return new string(text);
    }

    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);

    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);

    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;
}
