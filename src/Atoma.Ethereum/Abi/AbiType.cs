namespace Atoma.Ethereum.Abi;

/// <summary>
/// A type of the contract ABI, version 2. Values: <see cref="System.Numerics.BigInteger"/> for intN and uintN (encoding takes
/// int, uint, long, ulong and UInt128 too), <see cref="bool"/>, <see cref="Protocol.Common.NodeId"/> for address,
/// <see cref="Protocol.Common.Hash32"/> for bytes32, byte[] for shorter bytesN and for bytes, <see cref="string"/>, and object[]
/// for arrays and tuples. Not there: <c>fixed</c> (no compiler has it) and <c>function</c>.
/// Source: https://docs.soliditylang.org/en/latest/abi-spec.html.
/// </summary>
public abstract class AbiType
{
    private protected AbiType(string name, int staticBytes)
    {
        Name = name;
        StaticBytes = staticBytes;
    }

    /// <summary>As it stands in a signature: <c>(uint256,string)[2]</c>.</summary>
    public string Name { get; }

    /// <summary>Whether its length depends on the value.</summary>
    public bool IsDynamic => StaticBytes == 0;

    /// <summary>Length of its encoding; 0 when it depends on the value.</summary>
    internal int StaticBytes { get; }

    /// <summary>What it takes where it stands: itself, or an offset.</summary>
    internal int HeadBytes => IsDynamic ? AbiWriter.WordSize : StaticBytes;

    /// <exception cref="EthereumFormatException">Not a type, or over <see cref="AbiLimits"/>.</exception>
    public static AbiType Parse(string name) => AbiTypeParser.Type(name);

    /// <summary>The value alone, as <c>abi.encode</c> writes one inside a list of one.</summary>
    /// <exception cref="ArgumentException">The value does not fit the type.</exception>
    public byte[] Encode(object value)
    {
        var writer = new AbiWriter();
        AbiSequence.Write(writer, [this], [value]);
        return writer.ToArray();
    }

    /// <exception cref="EthereumFormatException">Not the canonical encoding of one value of this type.</exception>
    public object Decode(ReadOnlySpan<byte> data) => AbiSequence.Decode([this], data)[0];

    internal abstract void Write(AbiWriter writer, object value);

    internal abstract object Read(ref AbiReader reader);

    public override string ToString() => Name;

    private protected ArgumentException Misfit(object? value) =>
        new($"A value for {Name} is expected, not {(value is null ? "null" : $"'{value}' ({value.GetType().Name})")}.");
}
