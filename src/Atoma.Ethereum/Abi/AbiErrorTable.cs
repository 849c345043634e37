using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Abi;

/// <summary>Puts what a contract reverted with into words.</summary>
/// <param name="errors">Custom errors of the contracts that are called.</param>
public sealed class AbiErrorTable(IEnumerable<AbiError> errors)
{
    /// <summary>Raw data and texts in a message are cut here: the contract chooses them.</summary>
    private const int ShownMaxChars = 256;

    private static readonly AbiError Reason = new("Error(string message)");
    private static readonly AbiError Panic = new("Panic(uint256 code)");

    private readonly AbiError[] _errors = [.. errors.DistinctBy(e => e.Signature)];

    /// <summary>Knows <c>Error(string)</c> and <c>Panic(uint256)</c> alone.</summary>
    public static AbiErrorTable Standard { get; } = new([]);

    /// <summary>For people: <c>InsufficientBalance(available: 5)</c>. Any bytes are fine.</summary>
    public string Describe(ReadOnlySpan<byte> revertData)
    {
        if (revertData.Length == 0)
            return "reverted without a reason";
        foreach (var error in (ReadOnlySpan<AbiError>)[Reason, Panic, .. _errors])
        {
            if (!error.Matches(revertData))
                continue;
            try
            {
                return Words(error, error.Decode(revertData));
            }
            catch (EthereumFormatException)
            {
                break;
            }
        }

        return $"reverted with unknown data 0x{Cut(Convert.ToHexStringLower(revertData[..Math.Min(revertData.Length, ShownMaxChars)]))}";
    }

    private static string Words(AbiError error, object[] values)
    {
        if (error == Reason)
            return $"reverted: {Clean((string)values[0])}";
        if (error == Panic)
            return $"reverted with panic 0x{(BigInteger)values[0]:x2}";
        return $"reverted with {error.Name}({string.Join(", ", error.Inputs.Select((input, i) => input.Name.Length > 0 ? $"{input.Name}: {Show(values[i])}" : Show(values[i])))})";
    }

    private static string Show(object value) => value switch
    {
        byte[] bytes => "0x" + Cut(Convert.ToHexStringLower(bytes)),
        Hash32 hash => "0x" + hash,
        object[] items => Cut($"[{string.Join(", ", items.Select(Show))}]"),
        string text => Clean(text),
        _ => value.ToString()!,
    };

    /// <summary>No line breaks or escape sequences of a stranger in our logs.</summary>
    private static string Clean(string text) => Cut(string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)));

    private static string Cut(string text) => text.Length <= ShownMaxChars ? text : text[..ShownMaxChars] + "…";
}
