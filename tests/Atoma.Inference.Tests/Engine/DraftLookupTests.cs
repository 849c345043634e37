using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

public sealed class DraftLookupTests
{
    [Fact]
    public void Guess_LastTwoStoodBefore_IsWhatFollowedThemLast()
    {
        var lookup = new DraftLookup([1, 2, 3, 1, 2, 4, 5, 1]);
        Assert.Empty(lookup.Guess(3).ToArray());
        lookup.Add(2);
        Assert.Equal([4, 5, 1], lookup.Guess(3).ToArray());
        Assert.Equal([4], lookup.Guess(1).ToArray());
        Assert.Empty(lookup.Guess(0).ToArray());
    }

    [Fact]
    public void Guess_TooShortOrNew_IsNothing()
    {
        Assert.Empty(new DraftLookup([]).Guess(4).ToArray());
        Assert.Empty(new DraftLookup([1]).Guess(4).ToArray());
        Assert.Empty(new DraftLookup([1, 2, 3]).Guess(4).ToArray());
    }

    /// <summary>A model that repeats itself is guessed often; what it says must not change for that.</summary>
    [ModelTheory]
    [InlineData("stories260K-f16.gguf")]
    [InlineData("stories260K-q4_0.gguf")]
    public async Task Generate_AloneWithGuesses_GivesWhatItGivesAmongOthers(string model)
    {
        await using var alone = await TestModels.LoadAsync(model, slots: 1);
        await using var among = await TestModels.LoadAsync(model, slots: 4);
        int[] prompt = [1, .. Enumerable.Range(0, 60).Select(i => 300 + (i % 6))];
        GenerationTask[] tasks = [.. Enumerable.Range(0, 4).Select(i => new GenerationTask(
            Hash32.Zero, prompt, new SamplingParameters { Temperature = i / 4.0, Seed = 3, MaxTokens = 150, IgnoreEndOfSequence = true }))];
        var together = await Task.WhenAll(tasks.Select(t => Answers.GenerateAsync(among, t)));
        for (var i = 0; i < tasks.Length; i++)
            Assert.Null((await Answers.GenerateAsync(alone, tasks[i])).FirstDifference(together[i]));
        Assert.True(alone.Loop.GuessedTokens > 20, $"only {alone.Loop.GuessedTokens} of 600 tokens were guessed");
    }
}
