using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>A few thousand of the mutations that <c>bench receipts</c> makes 100,000 of.</summary>
public sealed class MutatedReceiptTests
{
    private const int Mutations = 2_000;

    [Fact]
    public void Verify_MutatedReceipts_NoneVerifiesAndNoneCrashes()
    {
        var mutator = new ReceiptMutator(ReceiptSamples.All(), seed: 4);
        Dictionary<string, int> refused = [];
        for (var i = 0; i < Mutations; i++)
        {
            var mutant = mutator.Next();
            var fate = mutant.Judge(out var why);
            Assert.True(fate is not (Fate.Verified or Fate.Crashed), $"mutation {i}, {mutant.Kind}: {fate} {why}");
            if (fate == Fate.Refused)
                refused[mutant.Kind] = refused.GetValueOrDefault(mutant.Kind) + 1;
        }

        Assert.Equal(mutator.Kinds.Order(), refused.Keys.Order());
        Assert.All(refused.Values, n => Assert.InRange(n, Mutations / 50, Mutations));
    }

    /// <summary>The samples are what they are meant to be: a kind of receipt that is missing is not mutated.</summary>
    [Fact]
    public void Samples_HaveEveryLevelAndReviewsOfBothFindings()
    {
        RequestState[] states = [.. ReceiptSamples.All().Select(s => s.Receipt.State)];
        Assert.Equal(Enum.GetValues<IntegrityKind>().Order(), states.Select(s => s.Spec.Integrity.Kind).Distinct().Order());
        Assert.Contains(states, s => s.Spec.Integrity.Kind == IntegrityKind.Sampled && s.Participants.Count > 1);
        Assert.Contains(states, s => s.Spec.Integrity.Kind == IntegrityKind.Sampled && s.Participants.Count == 1);
        Assert.Contains(states, s => s.Spec.Review is not null && s.Finding == Verdict.Match);
        Assert.Contains(states, s => s.Spec.Review is not null && s.Finding == Verdict.Mismatch && s.Convictions.Count > 0);
        Assert.Equal(Enum.GetValues<EvidenceKind>().Where(k => k < EvidenceKind.BadReveal), states.SelectMany(s => s.Convictions).Select(c => c.Kind).Distinct().Order());
    }

    /// <summary>The judge itself: what was not changed is not a mutation, and it verifies.</summary>
    [Fact]
    public void Judge_AnUnchangedReceipt_IsNotCounted()
    {
        foreach (var sample in ReceiptSamples.All())
        {
            Assert.Equal(Fate.Unchanged, new Mutant(sample, sample.ToBytes(), IsText: false, "").Judge(out _));
            Assert.Equal(Fate.Unchanged, new Mutant(sample, System.Text.Encoding.UTF8.GetBytes(Protocol.Receipts.ReceiptFile.Write(sample)), IsText: true, "").Judge(out _));
        }
    }
}
