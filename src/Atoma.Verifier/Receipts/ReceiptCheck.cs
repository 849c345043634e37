using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;

namespace Atoma.Verifier.Receipts;

/// <summary>A receipt file and what the protocol's own verifier said of it.</summary>
/// <param name="Name">File name as chosen.</param>
/// <param name="FileBytes">Its length.</param>
/// <param name="Signed">The receipt, when it could be read.</param>
/// <param name="Problems">Everything wrong with it, the decisive problem first.</param>
/// <param name="Fields">Named fields of the canonical bytes.</param>
/// <param name="CanonicalBytes">Their length.</param>
/// <param name="Elapsed">Time of the verification alone.</param>
public sealed record ReceiptCheck(
    string Name, long FileBytes, SignedReceipt? Signed, IReadOnlyList<ReceiptProblem> Problems, int Fields, int CanonicalBytes, TimeSpan Elapsed)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public bool Holds => Problems.Count == 0;

    public static ReceiptCheck Run(string name, byte[] file, ISignatureScheme signatures, TimeProvider time)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(file);
        }
        catch (DecoderFallbackException)
        {
            return Unread(name, file.Length, "is not UTF-8 text");
        }

        var started = time.GetTimestamp();
        var problems = ReceiptFile.Verify(text, signatures, out var signed);
        var elapsed = time.GetElapsedTime(started);
        var encoded = signed is null ? null : ReceiptCodec.Encode(signed.Receipt);
        return new ReceiptCheck(name, file.Length, signed, problems, encoded?.Fields.Count ?? 0, encoded?.Bytes.Length ?? 0, elapsed);
    }

    /// <summary>A file that never reached the verifier.</summary>
    public static ReceiptCheck Unread(string name, long length, string reason) =>
        new(name, length, null, [new ReceiptProblem("file", reason)], 0, 0, TimeSpan.Zero);

    /// <summary>Whether a problem names this field or something within it.</summary>
    public bool IsFaulty(string field) =>
        Problems.Any(p => p.Field == field || p.Field.StartsWith(field + ".", StringComparison.Ordinal) || p.Field.StartsWith(field + "[", StringComparison.Ordinal));
}
