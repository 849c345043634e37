using Atoma.Protocol.Common;

namespace Atoma.Protocol.Tests.Common;

public sealed class MerkleTreeTests
{
    private static Hash32[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleTree.Leaf([(byte)i]))];

    public static TheoryData<int> Sizes => [.. Enumerable.Range(1, 20)];

    [Theory, MemberData(nameof(Sizes))]
    public void Verify_EveryLeafOfATree_Holds(int count)
    {
        var leaves = Leaves(count);
        var root = MerkleTree.Root(leaves);
        for (var i = 0; i < count; i++)
            Assert.True(MerkleTree.Verify(root, leaves[i], i, count, MerkleTree.Proof(leaves, i)));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Verify_AnythingTampered_IsRefused(int count)
    {
        var leaves = Leaves(count);
        var root = MerkleTree.Root(leaves);
        var other = Hash32.Sha256("other"u8);
        for (var i = 0; i < count; i++)
        {
            var proof = MerkleTree.Proof(leaves, i);
            Assert.False(MerkleTree.Verify(other, leaves[i], i, count, proof));
            Assert.False(MerkleTree.Verify(root, other, i, count, proof));
            Assert.False(MerkleTree.Verify(root, leaves[i], i, count, [.. proof, other]));
            Assert.False(MerkleTree.Verify(root, leaves[i], -1, count, proof));
            Assert.False(MerkleTree.Verify(root, leaves[i], count, count, proof));
            for (var j = 0; j < count; j++)
                Assert.Equal(i == j, MerkleTree.Verify(root, leaves[i], j, count, proof));
            for (var k = 0; k < proof.Length; k++)
            {
                var bent = proof.ToArray();
                bent[k] = other;
                Assert.False(MerkleTree.Verify(root, leaves[i], i, count, bent));
                Assert.False(MerkleTree.Verify(root, leaves[i], i, count, [.. proof.Where((_, at) => at != k)]));
            }
        }
    }

    [Fact]
    public void Root_OfThreeLeaves_FollowsRfc6962()
    {
        var leaves = Leaves(3);
        var left = Hash32.Sha256([0x01, .. leaves[0].ToArray(), .. leaves[1].ToArray()]);
        Assert.Equal(Hash32.Sha256([0x01, .. left.ToArray(), .. leaves[2].ToArray()]), MerkleTree.Root(leaves));
        Assert.Equal(Hash32.Sha256([0x00, 0x00]), leaves[0]);
        Assert.Equal(Hash32.Zero, MerkleTree.Root([]));
    }

    /// <summary>A receipt may claim any count: (count + 1) / 2 overflowed at the largest and the verifier threw.</summary>
    [Fact]
    public void Verify_CountOfIntMax_IsRefusedWithoutOverflow() =>
        Assert.False(MerkleTree.Verify(Hash32.Zero, Leaves(1)[0], 5, int.MaxValue, []));
}
