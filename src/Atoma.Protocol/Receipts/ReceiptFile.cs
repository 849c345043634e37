using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Receipts;

/// <summary>
/// <c>receipt.json</c>: the canonical bytes with the coordinator's signature, a short digest for each field so that a damaged
/// one can be named, and a readable view. There is exactly one text for a receipt, so any changed byte is a changed receipt.
/// </summary>
public static class ReceiptFile
{
    public const string Format = "atoma-receipt/1";

    /// <summary>Bytes of a receipt file: the longest transcripts, in base64, several times over.</summary>
    public const int LengthMax = 64 * 1024 * 1024;

    private const int FieldDigestLength = 8;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    public static string Write(SignedReceipt signed)
    {
        var encoded = ReceiptCodec.Encode(signed.Receipt);
        var digests = new byte[encoded.Fields.Count * FieldDigestLength];
        for (var i = 0; i < encoded.Fields.Count; i++)
            FieldDigest(encoded, encoded.Fields[i]).CopyTo(digests.AsSpan(i * FieldDigestLength));
        return new JsonObject
        {
            ["format"] = Format,
            ["coordinator"] = signed.Coordinator.ToString(),
            ["digest"] = Hash32.Sha256(encoded.Bytes).ToString(),
            ["signature"] = "0x" + Convert.ToHexStringLower(signed.Signature),
            ["view"] = RequestView.Build(signed.Receipt.State, signed.Receipt.FinishedAt),
            ["receipt"] = Convert.ToBase64String(encoded.Bytes),
            ["field_digests"] = Convert.ToBase64String(digests),
        }.ToJsonString(Indented) + "\n";
    }

    /// <summary>Everything wrong with a receipt file, the decisive problem first; empty when it all holds.</summary>
    /// <param name="text">Content of the file.</param>
    /// <param name="signatures">Checks signatures.</param>
    /// <param name="receipt">The receipt, when it could be read.</param>
    public static IReadOnlyList<ReceiptProblem> Verify(string text, ISignatureScheme signatures, out SignedReceipt? receipt)
    {
        receipt = null;
        if (!TryParse(text, out var file, out var problem))
            return [problem];
        byte[] digests;
        try
        {
            receipt = new SignedReceipt(ReceiptCodec.Decode(file.Receipt), file.Coordinator, file.Signature);
            digests = file.Digests;
        }
        catch (ReceiptFormatException e)
        {
            return [new ReceiptProblem(e.Field, e.Message)];
        }

        var problems = new List<ReceiptProblem>();
        var encoded = ReceiptCodec.Encode(receipt.Receipt);
        if (ChangedField(encoded, digests) is { } changed)
            problems.Add(new ReceiptProblem(changed, "was changed after the receipt was made"));
        problems.AddRange(new ReceiptVerifier(signatures).Verify(receipt));
        if (problems.Count == 0 && Write(receipt) is var expected && expected != text)
            problems.Add(new ReceiptProblem(FirstDifference(expected, text), "does not say what the receipt says"));
        return problems;
    }

    private sealed record Parts(NodeId Coordinator, byte[] Signature, byte[] Receipt, byte[] Digests);

    private static bool TryParse(string text, out Parts parts, out ReceiptProblem problem)
    {
        parts = null!;
        problem = null!;
        if (text.Length > LengthMax)
            return Fail("file", "is too large for a receipt", out problem);
        JsonObject? json;
        try
        {
            json = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 16 }) as JsonObject;
        }
        catch (JsonException e)
        {
            return Fail("file", $"is not JSON: line {e.LineNumber + 1}", out problem);
        }

        string? Text(string name) => json is not null && json.TryGetPropertyValue(name, out var value) && value is JsonValue v && v.TryGetValue(out string? s) ? s : null;
        try
        {
            if (Text("format") != Format)
                return Fail("format", $"is not {Format}", out problem);
            if (!NodeId.TryParse(Text("coordinator"), out var coordinator))
                return Fail("coordinator", "is not an address", out problem);
            if (Text("signature") is not { Length: 2 + 2 * Commitment.SignatureLength } signature || !signature.StartsWith("0x", StringComparison.Ordinal))
                return Fail("signature", "is not 65 bytes in hex", out problem);
            if (Text("receipt") is not { } receipt || !TryBase64(receipt, out var bytes))
                return Fail("receipt", "is not base64", out problem);
            if (Text("field_digests") is not { } digests || !TryBase64(digests, out var digestBytes))
                return Fail("field_digests", "is not base64", out problem);
            parts = new Parts(coordinator, Convert.FromHexString(signature.AsSpan(2)), bytes, digestBytes);
            return true;
        }
        catch (FormatException)
        {
            return Fail("signature", "is not 65 bytes in hex", out problem);
        }
        catch (ArgumentException)
        {
            return Fail("file", "names a field twice", out problem);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, written as an escape.
            return Fail("file", "holds text that is not Unicode", out problem);
        }
    }

    private static bool Fail(string field, string reason, out ReceiptProblem problem)
    {
        problem = new ReceiptProblem(field, reason);
        return false;
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var written))
            return false;
        bytes = bytes[..written];
        return true;
    }

    private static ReadOnlySpan<byte> FieldDigest(EncodedReceipt encoded, ReceiptField field) =>
        new CanonicalWriter().Text(field.Path).Raw(encoded.Bytes.AsSpan(field.Start, field.Length)).Sha256().ToArray().AsSpan(0, FieldDigestLength);

    private static string? ChangedField(EncodedReceipt encoded, byte[] digests)
    {
        for (var i = 0; i < encoded.Fields.Count; i++)
        {
            var at = i * FieldDigestLength;
            if (at + FieldDigestLength > digests.Length)
                return "field_digests";
            if (!FieldDigest(encoded, encoded.Fields[i]).SequenceEqual(digests.AsSpan(at, FieldDigestLength)))
                return encoded.Fields[i].Path;
        }

        return digests.Length == encoded.Fields.Count * FieldDigestLength ? null : "field_digests";
    }

    /// <summary>Path of the JSON value on the first line that differs.</summary>
    private static string FirstDifference(string expected, string actual)
    {
        var path = new List<string>();
        foreach (var (mine, theirs) in expected.Split('\n').Zip(actual.Split('\n')))
        {
            var depth = (mine.Length - mine.TrimStart().Length) / 2;
            var name = mine.Split('"') is { Length: > 2 } pieces && mine.Contains("\":", StringComparison.Ordinal) ? pieces[1] : "";
            while (path.Count > 0 && path.Count >= Math.Max(depth, 1))
                path.RemoveAt(path.Count - 1);
            path.Add(name);
            if (mine != theirs)
                return string.Join('.', path.Where(p => p.Length > 0)) is { Length: > 0 } found ? found : "file";
        }

        return "file";
    }
}
