using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Disputes;

/// <summary>What a case rests on, proven again from receipts (P8.5).</summary>
public static class CaseProof
{
    /// <summary>The requests whose receipts are the evidence.</summary>
    public static IReadOnlyList<Hash32> Requests(SlashCase slash) =>
        slash.Evidence == EvidenceKind.SequentialTest ? [.. slash.History.Select(h => h.Request).Distinct()] : [slash.Request];

    /// <summary>
    /// Whether every receipt verifies and says what the case says it does: the conviction, or, of a sequential test, each check
    /// that it counted; and whether these together reach the test's threshold.
    /// </summary>
    /// <param name="slash">A case.</param>
    /// <param name="receipt">The stored receipt of one of its <see cref="Requests"/>; null when there is none.</param>
    /// <param name="signatures">To verify with.</param>
    public static bool Holds(SlashCase slash, Func<Hash32, SignedReceipt?> receipt, ISignatureScheme signatures)
    {
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
