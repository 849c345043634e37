using System.Text.Json;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Vectors;

/// <summary>Values of the vector file as the ABI takes them.</summary>
internal static class AbiValues
{
    public static object Of(string type, JsonElement value)
    {
        if (type.EndsWith(']'))
            return value.EnumerateArray().Select(v => Of(type[..type.LastIndexOf('[')], v)).ToArray();
        if (type.StartsWith('('))
            return Members(type).Zip(value.EnumerateArray(), Of).ToArray();
        return type switch
        {
            "address" => NodeId.Parse(value.GetString()!),
            "bool" => value.GetBoolean(),
            "string" => value.GetString()!,
            "bytes32" => new Hash32(value.Hex()),
            _ => type.StartsWith("bytes", StringComparison.Ordinal) ? value.Hex() : value.Number(),
        };
    }

    /// <summary>Types between the outer brackets.</summary>
    private static IEnumerable<string> Members(string tuple)
    {
        var (depth, start) = (0, 1);
        for (var i = 1; i < tuple.Length; i++)
        {
            depth += tuple[i] == '(' ? 1 : tuple[i] == ')' ? -1 : 0;
            if ((tuple[i] != ',' || depth != 0) && i != tuple.Length - 1)
                continue;
            yield return tuple[start..i];
            start = i + 1;
        }
    }

    /// <summary>For comparison: bytes and arrays by what is in them.</summary>
    public static string Show(object value) => value switch
    {
        object[] items => $"[{string.Join(", ", items.Select(Show))}]",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        _ => $"{value.GetType().Name} {value}",
    };
}
