namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>A few thousand of the mutations that <c>bench receipts</c> makes 100,000 of.</summary>
public sealed class MutatedReceiptTests
{
    private const int Mutations = 3_000;

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
