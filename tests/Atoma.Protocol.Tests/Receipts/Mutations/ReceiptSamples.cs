using Atoma.Protocol.Receipts;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>Real receipts of every level and of the ways a request can end, played by the request harness.</summary>
internal static class ReceiptSamples
{
    /// <summary>Each level answered, then with a first node that cheats or falls silent, then embeddings.</summary>
    public static IReadOnlyList<SignedReceipt> All()
    {
        List<SignedReceipt> samples = [];
        foreach (var integrity in new[] { "none", "checked", "checked:3", "checked:7", "replicated:2", "replicated:3" })
        {
            foreach (var cheat in new[] { Cheat.None, Cheat.Stage1, Cheat.OtherModel, Cheat.Equivocate, Cheat.SilentAtWork })
                samples.Add(Of(integrity, cheat));
        }

        samples.Add(Of(new RequestHarness("checked", nodes: 12, inputs: [3, 4])));
        return samples;
    }

    public static SignedReceipt Of(string integrity, Cheat first = Cheat.None, int maxTokens = 12) =>
        Of(new RequestHarness(integrity, nodes: 16, maxTokens: maxTokens)
        {
            Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? first : Cheat.None,
        });

    private static SignedReceipt Of(RequestHarness harness)
    {
        harness.Run();
        return harness.Receipt();
    }
}
