using System.Runtime.InteropServices;
using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;

namespace Atoma.Inference.Tests.Native;

/// <summary>The claim that exact checks rest on: a row's logits depend on its own sequence alone, to the last bit.</summary>
public sealed class DecodeContextTests : IDisposable
{
    private const int Vocabulary = 512;
    private const int Length = 180;
    private readonly List<IDisposable> _open = [];

    public static TheoryData<string> Models() => [.. TestModels.Present.Where(m => m.StartsWith("stories", StringComparison.Ordinal))];

    [ModelTheory]
    [MemberData(nameof(Models))]
    public void Logits_AnyShape_AreTheSameBits(string model)
    {
        var tokens = Tokens(7);
        var expected = TokenByToken(Open(model, sequences: 2, chunk: 64), tokens);

        Assert.Equal(expected, Prefilled(Open(model, 2, 256), 0, tokens, chunk: Length), BitsComparer.Instance);
        Assert.Equal(expected, Prefilled(Open(model, 2, 16), 1, tokens, chunk: 16), BitsComparer.Instance);
        Assert.Equal(expected, Prefilled(Open(model, 5, 64), 3, tokens, chunk: 7), BitsComparer.Instance);
        Assert.Equal(expected, Prefilled(Open(model, 2, 256), 0, tokens, chunk: 179), BitsComparer.Instance); // a last chunk of one token
        Assert.Equal(expected, AmongOthers(Open(model, 9, 64), tokens), BitsComparer.Instance);
    }

    public void Dispose() => _open.ForEach(d => d.Dispose());

    private DecodeContext Open(string model, int sequences, int chunk)
    {
        TestModels.InitialiseLibrary();
        var file = GgufModel.Open(TestModels.PathOf(model));
        var recipe = ContextRecipe.For(file, EngineMode.Invariant);
        var handle = ModelLoader.LoadWeights(file, recipe);
        var context = new DecodeContext(handle, recipe, new ContextShape(sequences, 256, chunk, chunk, 1), Vocabulary);
        _open.Add(context);
        _open.Add(handle);
        return context;
    }

    private static int[] Tokens(int seed)
    {
        var random = new Random(seed);
        return [1, .. Enumerable.Range(1, Length - 1).Select(_ => random.Next(259, Vocabulary))];
    }

    private static List<float[]> TokenByToken(DecodeContext context, int[] tokens)
    {
        var rows = new List<float[]>();
        foreach (var token in tokens)
        {
            context.Step([new SequenceToken(0, token)]);
            rows.Add(context.Logits(0).ToArray());
        }

        return rows;
    }

    private static List<float[]> Prefilled(DecodeContext context, int sequence, int[] tokens, int chunk)
    {
        var rows = new List<float[]>();
        foreach (var part in tokens.Chunk(chunk))
        {
            context.Prefill(sequence, part, part.Length);
            for (var back = part.Length - 1; back >= 0; back--)
                rows.Add(context.PrefillLogits(sequence, back).ToArray());
        }

        Assert.Equal(tokens.Length, context.Length(sequence));
        return rows;
    }

    /// <summary>Sequence 4 of 9, the others coming, going and prefilling between its steps.</summary>
    private static List<float[]> AmongOthers(DecodeContext context, int[] tokens)
    {
        const int Watched = 4;
        var random = new Random(3);
        var rows = new List<float[]>();
        foreach (var token in tokens)
        {
            for (var other = 0; other < 9; other++)
            {
                if (other == Watched)
                    continue;
                if (random.Next(8) == 0)
                    context.Clear(other);
                else if (random.Next(4) == 0 && context.Length(other) < 200)
                    context.Prefill(other, Tokens(other).AsSpan(0, random.Next(1, 30)), random.Next(2));
            }

            var step = Enumerable.Range(0, 9)
                .Where(s => s == Watched || (context.Length(s) > 0 && context.Length(s) < 255 && random.Next(3) > 0))
                .Select(s => new SequenceToken(s, s == Watched ? token : random.Next(259, Vocabulary))).ToArray();
            context.Step(step);
            rows.Add(context.Logits(Watched).ToArray());
        }

        return rows;
    }

    private sealed class BitsComparer : IEqualityComparer<List<float[]>>
    {
        public static readonly BitsComparer Instance = new();

        public bool Equals(List<float[]>? x, List<float[]>? y) => x!.Count == y!.Count && x.Zip(y).All(pair =>
            MemoryMarshal.AsBytes<float>(pair.First).SequenceEqual(MemoryMarshal.AsBytes<float>(pair.Second)));

        public int GetHashCode(List<float[]> obj) => obj.Count;
    }
}
