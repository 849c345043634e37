using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Sampling;

namespace Atoma.Protocol.Tests.Sampling;

public sealed class DrawTests
{
    private static readonly Hash32[] Chain = BeaconChain.Expand(Hash32.Sha256("beacon"u8));
    private static readonly Hash32 Request = Hash32.Sha256("request"u8);
    private static readonly Hash32 Nonce = Hash32.Sha256("nonce"u8);
    private static readonly Hash32 Echelon = Hash32.Sha256("echelon"u8);

    private static NodeId Id(int i) => new(Hash32.Sha256([(byte)i, 1]).ToArray().AsSpan(0, 20));

    private static EligibleNode[] Nodes(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new EligibleNode(Id(i), Echelon, new Micros(10 + i), new Micros(20 + i)))];

    private static BeaconReveal Step(int step) => new(0, Chain[0], step, Chain[step]);

    private static DrawProof? One(int nodes, int step, int ordinal = 0, params int[] excluded) =>
        Draw.One(DrawPurpose.Primary, ordinal, Step(step), Request, Nonce, Nodes(nodes), excluded.Select(Id).ToHashSet());

    [Fact]
    public void BeaconChain_EveryStep_HashesDownToItsAnchor()
    {
        foreach (var step in new[] { 1, 2, 100, BeaconChain.Length })
        {
            Assert.True(BeaconChain.Verify(Chain[0], step, Chain[step]));
            Assert.False(BeaconChain.Verify(Chain[0], step, Chain[step - 1]));
            Assert.False(BeaconChain.Verify(Chain[1], step, Chain[step]));
            Assert.False(BeaconChain.Verify(Chain[0], step - 1, Chain[step]));
        }

        Assert.False(BeaconChain.Verify(Chain[0], 0, Chain[0]));
        Assert.False(BeaconChain.Verify(Chain[0], BeaconChain.Length + 1, Chain[0]));
        Assert.Equal(Hash32.Sha256([0xBE, .. Chain[7].ToArray()]), Chain[6]);
    }

    // P3.3
    [Fact]
    public void One_OverManyBeaconSteps_IsUniform()
    {
        var seen = new Dictionary<NodeId, int>();
        for (var i = 0; i < 14_000; i++)
        {
            var draw = One(7, 1 + i % 500, ordinal: i / 500)!;
            seen[draw.Chosen.Node] = seen.GetValueOrDefault(draw.Chosen.Node) + 1;
        }

        Assert.Equal(7, seen.Count);
        Assert.InRange(seen.Values.Sum(n => (n - 2000.0) * (n - 2000.0) / 2000.0), 0, 22.5); // 6 degrees of freedom, p = 0.001
    }

    [Fact]
    public void One_WithExcludedNodes_NeverTakesThemAndIsUniformOverTheRest()
    {
        var seen = new Dictionary<NodeId, int>();
        for (var i = 0; i < 3000; i++)
        {
            var draw = One(6, 1 + i % 50, i / 50, 1, 3, 4)!;
            Assert.Null(Draw.Problem(draw, Request, Nonce, new HashSet<NodeId> { Id(1), Id(3), Id(4) }));
            seen[draw.Chosen.Node] = seen.GetValueOrDefault(draw.Chosen.Node) + 1;
        }

        Assert.Equal([Id(0), Id(2), Id(5)], seen.Keys.OrderBy(k => Array.IndexOf(Nodes(6).Select(n => n.Node).ToArray(), k)));
        Assert.All(seen.Values, n => Assert.InRange(n, 880, 1120));
    }

    [Fact]
    public void One_NobodyLeft_IsNull()
    {
        Assert.Null(One(3, 1, excluded: [0, 1, 2]));
        Assert.Null(One(0, 1));
    }

    [Fact]
    public void One_OrderOfTheEligibleSet_DoesNotMatter()
    {
        var nodes = Nodes(6);
        var a = Draw.One(DrawPurpose.Checker, 2, Step(9), Request, Nonce, nodes, new HashSet<NodeId>());
        var b = Draw.One(DrawPurpose.Checker, 2, Step(9), Request, Nonce, [.. nodes.Reverse()], new HashSet<NodeId>());
        Assert.Equal(a, b);
    }

    public static TheoryData<string, Func<DrawProof, DrawProof>> Mutations => new()
    {
        { "beacon.value", d => d with { Beacon = d.Beacon with { Value = Hash32.Zero } } },
        { "beacon.step", d => d with { Beacon = d.Beacon with { Step = d.Beacon.Step + 1 } } },
        { "beacon.anchor", d => d with { Beacon = d.Beacon with { Anchor = Hash32.Zero } } },
        { "another step", d => d with { Beacon = Step(d.Beacon.Step + 1) } },
        { "ordinal", d => d with { Ordinal = d.Ordinal + 1 } },
        { "root", d => d with { EligibleRoot = Hash32.Zero } },
        { "count up", d => d with { EligibleCount = 5_000 } },
        { "count zero", d => d with { EligibleCount = 0 } },
        { "count below zero", d => d with { EligibleCount = -1 } },
        { "no attempt", d => d with { Attempts = [] } },
        { "last attempt gone", d => d with { Attempts = [.. d.Attempts.SkipLast(1)] } },
        { "last attempt twice", d => d with { Attempts = [.. d.Attempts, d.Attempts[^1]] } },
        { "index", d => d with { Attempts = [.. d.Attempts.SkipLast(1), d.Attempts[^1] with { Index = d.Attempts[^1].Index ^ 1 }] } },
        { "node", d => d with { Attempts = [.. d.Attempts.SkipLast(1), d.Attempts[^1] with { Node = d.Attempts[^1].Node with { Node = Id(99) } }] } },
        { "price", d => d with { Attempts = [.. d.Attempts.SkipLast(1), d.Attempts[^1] with { Node = d.Attempts[^1].Node with { OutputPrice = new Micros(1) } }] } },
        { "proof", d => d with { Attempts = [.. d.Attempts.SkipLast(1), d.Attempts[^1] with { Proof = [] }] } },
    };

    [Theory, MemberData(nameof(Mutations))]
    public void Problem_AnyMutation_IsRefused(string name, Func<DrawProof, DrawProof> mutate)
    {
        var refused = 0;
        for (var step = 1; step <= 40; step++)
        {
            var excluded = new HashSet<NodeId> { Id(0), Id(2) };
            var draw = One(8, step, excluded: [0, 2])!;
            Assert.Null(Draw.Problem(draw, Request, Nonce, excluded));
            refused += Draw.Problem(mutate(draw), Request, Nonce, excluded) is not null ? 1 : 0;
            Assert.NotNull(Draw.Problem(draw, Request, Nonce, new HashSet<NodeId>(excluded) { draw.Chosen.Node }));
        }

        // Another step or ordinal lands on the same one of eight nodes now and then; the receipt's verifier checks both apart.
        Assert.InRange(refused, name is "another step" or "ordinal" ? 25 : 40, 40);
    }

    [Fact]
    public void Problem_AnExcludedNodeNotExcludedInTruth_IsRefused()
    {
        var skipping = Enumerable.Range(1, 200).Select(step => One(4, step, excluded: [1])!).First(d => d.Attempts.Count > 1);
        Assert.NotNull(Draw.Problem(skipping, Request, Nonce, new HashSet<NodeId>()));
    }

    [Fact]
    public void OfOneEchelon_SeveralEchelons_TakesTheLargestOrTheGivenOne()
    {
        var other = Hash32.Sha256("other"u8);
        var nodes = Nodes(3).Append(new EligibleNode(Id(9), other, new Micros(1), new Micros(1))).ToArray();
        Assert.All(EligibleSet.OfOneEchelon(nodes, null), n => Assert.Equal(Echelon, n.Echelon));
        Assert.Equal(Id(9), EligibleSet.OfOneEchelon(nodes, other).Single().Node);
        Assert.Empty(EligibleSet.OfOneEchelon([], null));
        Assert.Equal(4, EligibleSet.Needed(IntegrityLevel.CheckedBy(3), 1));
        Assert.Equal(5, EligibleSet.Needed(IntegrityLevel.Replicated(5), 1));
    }
}
