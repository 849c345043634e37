using Atoma.Inference.Native;

namespace Atoma.Inference.Tests.Native;

public sealed class ContextRecipeTests
{
    private const uint F32 = 0;
    private const uint F16 = 1;
    private const uint Q4_0 = 2;
    private const uint Q8_0 = 8;
    private const uint Q4_K = 12;
    private const uint Q6_K = 14;

    [Theory]
    [InlineData(new[] { F16 }, true, false, 2, 1)]
    [InlineData(new[] { F32, Q8_0 }, true, false, 2, 1)]
    [InlineData(new[] { Q8_0 }, true, false, 1, 1)]
    [InlineData(new[] { Q6_K, Q8_0 }, true, false, 1, 1)]
    [InlineData(new[] { Q4_0, Q8_0 }, true, true, 4, 4)]
    [InlineData(new[] { Q4_K, Q6_K, F16 }, true, true, 4, 4)]
    [InlineData(new[] { Q4_K, Q6_K }, false, false, 1, 1)] // no kernel for repacked weights was measured there
    public void Invariant_ByWeightTypes_AsksForTheRowsThatTheirKernelsNeed(uint[] types, bool x64, bool repack, int least, int multiple)
    {
        var recipe = ContextRecipe.Invariant(types.ToHashSet(), x64);
        Assert.Equal((repack, least, multiple), (recipe.Repack, recipe.RowsMin, recipe.RowsMultiple));
        Assert.NotEqual(recipe.TypeK, recipe.TypeV);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 1, 1, 2)]
    [InlineData(2, 1, 7, 7)]
    [InlineData(4, 4, 1, 4)]
    [InlineData(4, 4, 5, 8)]
    public void RowsFor_Wanted_IsTheLeastThatHolds(int least, int multiple, int wanted, int rows) =>
        Assert.Equal(rows, (ContextRecipe.Fast with { RowsMin = least, RowsMultiple = multiple }).RowsFor(wanted));

    [Fact]
    public void NumericFlags_AnyFieldChanged_IsAnotherEchelon()
    {
        var recipe = ContextRecipe.Invariant(new HashSet<uint> { Q4_K }, x64: true);
        Assert.Equal("invariant;fa=1;k=1;v=30;repack=1;kv_unified=0;rows=4/4", recipe.NumericFlags);
        Assert.Equal(7, new HashSet<string>
        {
            recipe.NumericFlags, (recipe with { Repack = false }).NumericFlags, (recipe with { TypeK = 8 }).NumericFlags, (recipe with { TypeV = 8 }).NumericFlags,
            (recipe with { RowsMin = 8 }).NumericFlags, (recipe with { RowsMultiple = 8 }).NumericFlags, ContextRecipe.Fast.NumericFlags,
        }.Count);
    }
}
