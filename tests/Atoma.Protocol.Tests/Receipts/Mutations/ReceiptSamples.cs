using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>Real receipts of every level and of the ways a request can end, played by the request harness.</summary>
internal static class ReceiptSamples
{
    /// <summary>Each level answered, then with a first node that cheats or falls silent; embeddings; sampled, audited and not; reviews of a right and a wrong answer.</summary>
    public static IReadOnlyList<SignedReceipt> All()
    {
        List<SignedReceipt> samples = [];
        foreach (var integrity in new[] { "none", "checked", "checked:3", "checked:7", "replicated:2", "replicated:3" })
        {
            foreach (var cheat in new[] { Cheat.None, Cheat.Stage1, Cheat.OtherModel, Cheat.Equivocate, Cheat.SilentAtWork })
                samples.Add(Of(integrity, cheat));
        }

        samples.Add(Of(new RequestHarness("checked", nodes: 12, inputs: [3, 4])));
        foreach (var auditPpm in new[] { 0, 1_000_000 })
            samples.Add(Of(new RequestHarness("sampled", nodes: 12, auditPpm: auditPpm)));
        samples.Add(Reviewed(ReviewKind.Dispute, panel: 3, Cheat.None));
        samples.Add(Reviewed(ReviewKind.Assembly, panel: 8, Cheat.None));
        samples.Add(Reviewed(ReviewKind.Assembly, panel: 8, Cheat.OtherModel));
        return samples;
    }

    public static SignedReceipt Of(string integrity, Cheat first = Cheat.None, int maxTokens = 12) =>
        Of(new RequestHarness(integrity, nodes: 16, maxTokens: maxTokens)
        {
            Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? first : Cheat.None,
        });

    /// <summary>The receipt of a review of the answer, or of the one that was convicted.</summary>
    private static SignedReceipt Reviewed(ReviewKind kind, int panel, Cheat first)
    {
        var origin = new RequestHarness("checked", nodes: 16) { Casting = (purpose, n) => purpose == DrawPurpose.Primary && n == 0 ? first : Cheat.None };
        Of(origin);
        return Of(origin.ReviewOf(kind, panel));
    }

    private static SignedReceipt Of(RequestHarness harness)
    {
        harness.Run();
        return harness.Receipt();
    }
}
