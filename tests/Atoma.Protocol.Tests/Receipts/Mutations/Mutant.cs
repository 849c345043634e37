using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>What became of one mutated receipt.</summary>
internal enum Fate
{
    /// <summary>The mutation changed nothing; not counted.</summary>
    Unchanged,

    /// <summary>Refused, by a typed error or a list of problems.</summary>
    Refused,

    /// <summary>It verifies under another coordinator's address: a receipt of somebody else's, which a reader who compares the address does not take for the original.</summary>
    AnotherCoordinators,

    /// <summary>It verifies as the original does. There must be none.</summary>
    Verified,

    /// <summary>The verifier threw something other than its typed error. There must be none.</summary>
    Crashed,
}

/// <summary>A mutated receipt: its bytes in one of the two forms.</summary>
/// <param name="Original">What it was made from.</param>
/// <param name="Bytes">Binary form, or UTF-8 of receipt.json.</param>
/// <param name="IsText">Which of the two.</param>
/// <param name="Kind">Name of the mutation.</param>
internal sealed record Mutant(SignedReceipt Original, byte[] Bytes, bool IsText, string Kind)
{
    public Fate Judge(out string why)
    {
        why = "";
        try
        {
            return IsText ? JudgeText(ref why) : JudgeBinary(ref why);
        }
        catch (Exception e) when (e is CanonicalFormatException or ReceiptFormatException && !IsText)
        {
            why = e.Message;
            return Fate.Refused;
        }
        catch (Exception e)
        {
            why = e.ToString();
            return Fate.Crashed;
        }
    }

    private Fate JudgeBinary(ref string why)
    {
        if (Bytes.AsSpan().SequenceEqual(Original.ToBytes()))
            return Fate.Unchanged;
        var signed = SignedReceipt.FromBytes(Bytes);
        return Judge(signed, new ReceiptVerifier(RequestHarness.Signatures).Verify(signed), ref why);
    }

    private Fate JudgeText(ref string why)
    {
        // What is not UTF-8 reaches the verifier as replacement characters, as it would from a program that does not look.
        var text = Encoding.UTF8.GetString(Bytes);
        var problems = ReceiptFile.Verify(text, RequestHarness.Signatures, out var signed);
        if (problems.Count == 0 && text == ReceiptFile.Write(Original))
            return Fate.Unchanged;
        return Judge(signed, problems, ref why);
    }

    private Fate Judge(SignedReceipt? signed, IReadOnlyList<ReceiptProblem> problems, ref string why)
    {
        if (problems.Count > 0)
        {
            why = problems[0].ToString();
            return Fate.Refused;
        }

        return signed!.Coordinator == Original.Coordinator ? Fate.Verified : Fate.AnotherCoordinators;
    }
}
