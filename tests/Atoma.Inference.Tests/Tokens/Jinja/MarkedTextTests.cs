using Atoma.Inference.Tokens.Jinja;

namespace Atoma.Inference.Tests.Tokens.Jinja;

public sealed class MarkedTextTests
{
    /// <summary>Against a model that keeps one truth value for each character.</summary>
    [Fact]
    public void JoinsAndSlices_AtRandom_KeepEveryCharactersOrigin()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var (text, model) = (MarkedText.Empty, new List<(char, bool)>());
            for (var step = 0; step < 20; step++)
            {
                var piece = new string((char)('a' + random.Next(26)), random.Next(4));
                var input = random.Next(2) == 0;
                text += MarkedText.Of(piece, input);
                model.AddRange(piece.Select(c => (c, input)));
                if (random.Next(4) == 0 && model.Count > 0)
                {
                    var start = random.Next(model.Count);
                    var length = random.Next(model.Count - start + 1);
                    (text, model) = (text.Slice(start, length), model.GetRange(start, length));
                }

                Assert.Equal(string.Concat(model.Select(m => m.Item1)), text.Text);
                Assert.Equal(model.Select(m => m.Item2), Enumerable.Range(0, text.Length).Select(i => text.IsInput(i, i + 1)));
                Assert.Equal(model.Exists(m => m.Item2), text.HasInput);
                var (from, to) = (random.Next(model.Count + 1), random.Next(model.Count + 1));
                if (from < to)
                    Assert.Equal(model.GetRange(from, to - from).Exists(m => m.Item2), text.IsInput(from, to));
            }
        }
    }
}
