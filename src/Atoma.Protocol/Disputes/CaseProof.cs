using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Disputes;

/// <summary>What a case rests on, proven again from receipts (P8.5).</summary>
public static class CaseProof
{
    /// <summary>The requests whose receipts are the evidence; none where a signed answer to a weight challenge is.</summary>
    public static IReadOnlyList<Hash32> Requests(SlashCase slash) => slash.Evidence switch
    {
        EvidenceKind.WeightChallenge => [],
        EvidenceKind.SequentialTest => [.. slash.History.Select(h => h.Request).Distinct()],
        _ => [slash.Request],
    };

    /// <summary>The node's own answer to a weight challenge, where it is signed by the node and answers this case's challenge; else null.</summary>
    public static WeightAnswer? Answered(SlashCase slash, ISignatureScheme signatures)
    {
        if (slash.Evidence != EvidenceKind.WeightChallenge || slash.Proof.Length == 0)
            return null;
        var reader = new CanonicalReader(slash.Proof);
        var answer = WeightAnswer.Read(ref reader);
        return answer.Node == slash.Node && answer.Seed == slash.Request && answer.IsSigned(signatures) ? answer : null;
    }

    /// <summary>
    /// Whether every receipt verifies and says what the case says it does: the conviction, or, of a sequential test, each check
    /// that it counted; and whether these together reach the test's threshold.
    /// </summary>
    /// <param name="slash">A case that rests on receipts.</param>
    /// <param name="receipt">The stored receipt of one of its <see cref="Requests"/>; null when there is none.</param>
    /// <param name="signatures">To verify with.</param>
    public static bool Holds(SlashCase slash, Func<Hash32, SignedReceipt?> receipt, ISignatureScheme signatures)
    {
        Invariant.Assert(slash.Evidence != EvidenceKind.WeightChallenge);
        var verifier = new ReceiptVerifier(signatures);
        var proven = new Dictionary<Hash32, RequestState>();
        foreach (var request in Requests(slash))
        {
            if (receipt(request) is not { } signed || verifier.Verify(signed).Count > 0)
                return false;
            proven[request] = signed.Receipt.State;
        }

        return slash.Evidence == EvidenceKind.SequentialTest
            ? slash.History.All(h => Counts(proven[h.Request], slash.Node, h.Failed)) && NodeStanding.Recount(slash.History) >= NodeStanding.ThresholdMicronats
            : proven[slash.Request].Convictions.Exists(c => c.Node == slash.Node && c.Kind == slash.Evidence && c.Position == slash.Position);
    }

    private static bool Counts(RequestState state, NodeId node, bool failed) =>
        Observations.Of(state).Contains((node, failed ? ObservationKind.Failed : ObservationKind.Passed));
}
