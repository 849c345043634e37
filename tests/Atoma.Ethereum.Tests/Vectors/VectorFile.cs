using System.IO.Compression;
using System.Numerics;
using System.Text.Json;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Vectors;

/// <summary>What ethers and viem say (generate.mjs).</summary>
internal static class VectorFile
{
    private static readonly Lazy<JsonElement> Root = new(Load);

    public static IEnumerable<JsonElement> List(string name) => Root.Value.GetProperty(name).EnumerateArray();

    private static JsonElement Load()
    {
        using var stream = typeof(VectorFile).Assembly.GetManifestResourceStream("vectors.json.gz")!;
        using var unzipped = new GZipStream(stream, CompressionMode.Decompress);
        return JsonDocument.Parse(unzipped).RootElement;
    }

    public static string Text(this JsonElement of, string name) => of.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement value) => Convert.FromHexString(value.GetString().AsSpan(2));

    public static byte[] Hex(this JsonElement of, string name) => of.GetProperty(name).Hex();

    public static Hash32 Hash(this JsonElement of, string name) => Hash32.Parse(of.Text(name));

    public static NodeId Address(this JsonElement of, string name) => NodeId.Parse(of.Text(name));

    /// <summary>A number, or its decimal digits.</summary>
    public static BigInteger Number(this JsonElement value) => BigInteger.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture);

    public static BigInteger Number(this JsonElement of, string name) => of.GetProperty(name).Number();
}
