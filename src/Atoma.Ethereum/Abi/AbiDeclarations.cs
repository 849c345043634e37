using System.Text;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Abi;

/// <summary>One value of a function, event or error.</summary>
/// <param name="Name">May be empty.</param>
/// <param name="Type">Its type.</param>
/// <param name="Indexed">Of an event: it stands in a topic.</param>
public sealed record AbiParameter(string Name, AbiType Type, bool Indexed);

/// <summary>What functions, events and errors have in common: a name, typed values, and the hash of both.</summary>
public abstract class AbiDeclaration
{
    private protected AbiDeclaration(string name, AbiParameter[] inputs, bool allowsIndexed)
    {
        if (!allowsIndexed && inputs.Any(i => i.Indexed))
            throw new EthereumFormatException("Only the values of events are indexed.");
        Name = name;
        Inputs = inputs;
        Signature = $"{name}({string.Join(',', inputs.Select(i => i.Type.Name))})";
        SignatureHash = Keccak.Hash(Encoding.ASCII.GetBytes(Signature));
    }

    public string Name { get; }

    public IReadOnlyList<AbiParameter> Inputs { get; }

    /// <summary>Canonical: <c>transfer(address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>Keccak-256 of the signature.</summary>
    public Hash32 SignatureHash { get; }

    private protected AbiType[] InputTypes => [.. Inputs.Select(i => i.Type)];

    public override string ToString() => Signature;
}

/// <summary>A function, written as <c>balanceOf(address account) returns (uint256)</c>.</summary>
public sealed class AbiFunction : AbiDeclaration
{
    internal const int SelectorSize = 4;

    private readonly AbiType[] _types;
    private readonly AbiType[] _outputTypes;

    /// <exception cref="EthereumFormatException">Not a declaration.</exception>
    public AbiFunction(string declaration)
        : this(AbiTypeParser.Declaration(declaration))
    {
    }

    private AbiFunction((string Name, AbiParameter[] Inputs, AbiParameter[] Outputs) parts)
        : base(parts.Name, parts.Inputs, allowsIndexed: false)
    {
        Outputs = parts.Outputs;
        Selector = SignatureHash.ToArray().AsSpan(0, SelectorSize).ToArray();
        _types = InputTypes;
        _outputTypes = [.. Outputs.Select(o => o.Type)];
    }

    public IReadOnlyList<AbiParameter> Outputs { get; }

    /// <summary>First 4 bytes of the signature's hash.</summary>
    public ReadOnlyMemory<byte> Selector { get; }

    /// <summary>Call data.</summary>
    /// <exception cref="ArgumentException">A value does not fit its type.</exception>
    public byte[] Encode(params object[] arguments) => [.. Selector.Span, .. EncodeArguments(arguments)];

    /// <summary>Without the selector, as a constructor takes them.</summary>
    /// <exception cref="ArgumentException">A value does not fit its type.</exception>
    public byte[] EncodeArguments(params object[] arguments) => AbiSequence.Encode(_types, arguments);

    /// <exception cref="EthereumFormatException">Not call data of this function.</exception>
    public object[] DecodeArguments(ReadOnlySpan<byte> callData) =>
        callData.StartsWith(Selector.Span)
            ? AbiSequence.Decode(_types, callData[SelectorSize..])
            : throw new EthereumFormatException($"The call data is not of {Signature}.");

    /// <exception cref="EthereumFormatException">Not what this function returns; empty data mostly means that there is no contract.</exception>
    public object[] DecodeResult(ReadOnlySpan<byte> data) => AbiSequence.Decode(_outputTypes, data);
}

/// <summary>A custom error, written as <c>InsufficientBalance(uint256 available)</c>.</summary>
public sealed class AbiError : AbiDeclaration
{
    private readonly AbiType[] _types;

    /// <exception cref="EthereumFormatException">Not a declaration.</exception>
    public AbiError(string declaration)
        : this(AbiTypeParser.Declaration(declaration))
    {
    }

    private AbiError((string Name, AbiParameter[] Inputs, AbiParameter[] Outputs) parts)
        : base(parts.Name, parts.Inputs, allowsIndexed: false)
    {
        if (parts.Outputs.Length > 0)
            throw new EthereumFormatException("An error returns nothing.");
        Selector = SignatureHash.ToArray().AsSpan(0, AbiFunction.SelectorSize).ToArray();
        _types = InputTypes;
    }

    /// <summary>First 4 bytes of the signature's hash.</summary>
    public ReadOnlyMemory<byte> Selector { get; }

    public bool Matches(ReadOnlySpan<byte> revertData) => revertData.StartsWith(Selector.Span);

    public byte[] Encode(params object[] arguments) => [.. Selector.Span, .. AbiSequence.Encode(_types, arguments)];

    /// <exception cref="EthereumFormatException">Not this error.</exception>
    public object[] Decode(ReadOnlySpan<byte> revertData) =>
        Matches(revertData)
            ? AbiSequence.Decode(_types, revertData[AbiFunction.SelectorSize..])
            : throw new EthereumFormatException($"The data is not of {Signature}.");
}
