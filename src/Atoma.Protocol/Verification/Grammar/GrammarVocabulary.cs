using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification.Grammar;

/// <summary>
/// The texts of a model's tokens as a tree, written out in the order of a walk from the root: a prefix that does not fit rules
/// out all that start with it. Immutable; one for each model.
/// </summary>
public sealed class GrammarVocabulary
{
    /// <param name="Value">The byte.</param>
    /// <param name="Depth">Bytes from the root, this one included.</param>
    /// <param name="Next">Index of the first node that does not start with this prefix.</param>
    /// <param name="Token">First place in <see cref="_tokens"/> of those that end here.</param>
    /// <param name="TokenCount">How many do.</param>
    internal readonly record struct Node(byte Value, ushort Depth, int Next, int Token, ushort TokenCount);

    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    private readonly int[] _tokens;
    private readonly Node[] _nodes;

    private GrammarVocabulary(byte[] bytes, int[] offsets, int[] tokens, Node[] nodes, IReadOnlyList<int> endOfGeneration, int depth)
    {
        _bytes = bytes;
        _offsets = offsets;
        _tokens = tokens;
        _nodes = nodes;
        EndOfGeneration = endOfGeneration;
        Depth = depth;
    }

    /// <summary>Tokens that end an answer, ascending.</summary>
    public IReadOnlyList<int> EndOfGeneration { get; }

    public int Size => _offsets.Length - 1;

    /// <summary>Bytes of the longest token.</summary>
    internal int Depth { get; }

    internal ReadOnlySpan<Node> Nodes => _nodes;

    /// <summary>About 0.2 s for 128,000 tokens.</summary>
    /// <param name="size">Tokens of the vocabulary.</param>
    /// <param name="bytesOf">UTF-8 bytes of a token, at most 65,535; empty for control tokens, which no text holds.</param>
    /// <param name="endOfGeneration">Tokens that end an answer: they stand for the text's end, whatever their own text is.</param>
    public static GrammarVocabulary Build(int size, Func<int, byte[]> bytesOf, IEnumerable<int> endOfGeneration)
    {
        int[] ends = [.. endOfGeneration.Order()];
        var offsets = new int[size + 1];
        var bytes = new List<byte>();
        for (var token = 0; token < size; token++)
        {
            if (Array.BinarySearch(ends, token) < 0)
                bytes.AddRange(bytesOf(token));
            offsets[token + 1] = bytes.Count;
        }

        byte[] all = [.. bytes];
        int[] tokens = [.. Enumerable.Range(0, size).Where(t => offsets[t + 1] > offsets[t])];
        Array.Sort(tokens, (a, b) =>
        {
            var order = all.AsSpan(offsets[a]..offsets[a + 1]).SequenceCompareTo(all.AsSpan(offsets[b]..offsets[b + 1]));
            return order != 0 ? order : a.CompareTo(b);
        });
        var nodes = Tree(all, offsets, tokens, out var depth);
        return new GrammarVocabulary(all, offsets, tokens, nodes, ends, depth);
    }

    /// <summary>The text of a token; empty where it has none or ends an answer.</summary>
    internal ReadOnlySpan<byte> BytesOf(int token) => _bytes.AsSpan(_offsets[token].._offsets[token + 1]);

    internal ReadOnlySpan<int> TokensOf(Node node) => _tokens.AsSpan(node.Token, node.TokenCount);

    private static Node[] Tree(byte[] bytes, int[] offsets, int[] tokens, out int deepest)
    {
        var nodes = new List<Node>();
        var path = new List<int>();
        deepest = 0;
        ReadOnlySpan<byte> before = [];
        for (var i = 0; i < tokens.Length; i++)
        {
            var text = bytes.AsSpan(offsets[tokens[i]]..offsets[tokens[i] + 1]);
            Invariant.Assert(text.Length <= ushort.MaxValue);
            var shared = text.CommonPrefixLength(before);
            Leave(shared);
            for (var at = shared; at < text.Length; at++)
            {
                path.Add(nodes.Count);
                nodes.Add(new Node(text[at], (ushort)(at + 1), 0, i, 0));
            }

            var end = path[^1];
            nodes[end] = nodes[end] with { Token = nodes[end].TokenCount == 0 ? i : nodes[end].Token, TokenCount = checked((ushort)(nodes[end].TokenCount + 1)) };
            deepest = Math.Max(deepest, text.Length);
            before = text;
        }

        Leave(0);
        return [.. nodes];

        void Leave(int depth)
        {
            while (path.Count > depth)
            {
                nodes[path[^1]] = nodes[path[^1]] with { Next = nodes.Count };
                path.RemoveAt(path.Count - 1);
            }
        }
    }
}
