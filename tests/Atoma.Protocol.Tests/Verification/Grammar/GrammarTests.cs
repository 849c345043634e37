using System.Text;
using Atoma.Protocol.Verification.Grammar;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification.Grammar;

public sealed class GrammarTests
{
    [Theory]
    [InlineData("root ::= \"ab\" | \"ac\" [x-z]+", "ab", "acx", "acxyz")]
    [InlineData("root ::= word (\" \" word){1,2}\nword ::= [a-z]{2,}", "ab cd", "ab cd ef")]
    [InlineData("root ::= [^a-y]*", "z", "", "äöü漢😀z")]
    [InlineData("root ::= \"\\x41\\u00e4\\U0001F600\\n\\\"\\\\\" # a comment\n", "Aä😀\n\"\\")]
    [InlineData("# first\nroot ::=\n  (\n \"a\" # inside\n | \"b\"\n )\n  | \"c\"", "a", "b", "c")]
    [InlineData("root ::= .{3}", "a漢😀")]
    [InlineData("root ::= [a\\]\\-b-]{4}", "a]-b")]
    [InlineData("root ::= \"(\" root \")\" | \"x\"", "x", "((x))")]
    [InlineData("root ::= \"a\" root | \"b\"", "b", "aaaaaaaaab")]
    [InlineData("root ::= x y\nx ::= \"a\"?\ny ::= x \"b\"", "b", "ab", "aab")]
    public void Constraint_TextsOfTheGrammar_Fit(string grammar, params string[] texts)
    {
        var slow = new SlowGrammar(grammar);
        foreach (var text in texts)
        {
            Assert.True(slow.Accepts(text), text);
            Assert.Equal((true, true), Grammars.Read(grammar, text));
        }
    }

    private static readonly string[] Some =
    [
        "root ::= a{0,3} (b | \"xy\")* \"c\"\na ::= \"x\" | \"xyz\" | \"z\" a\nb ::= [^x-z]",
        "root ::= \"[\" (root (\",\" root){0,2})? \"]\" | [xy]{1,3}",
        "root ::= (\"x\" | \"xx\" | \"xxx\")+ \"y\"? | z\nz ::= \"z\" z \"z\" | \"c\"",
        "root ::= (\"x\"?){3} [ä-öc]+ (\"xy\" | \"\")",
    ];

    [Fact]
    public void Constraint_RandomText_FitsWhereTheObviousReaderDoes() =>
        Gen.Select(Gen.Int[0, Some.Length - 1], Gen.OneOf(((string[])["x", "y", "z", "c", "[", "]", ",", "ä", "漢"]).Select(Gen.Const).ToArray()).Array[0, 9]).Sample((which, parts) =>
        {
            var text = string.Concat(parts);
            var slow = new SlowGrammar(Some[which]);
            var (fits, mayEnd) = Grammars.Read(Some[which], text);
            Assert.Equal(slow.Begins(text) || slow.Accepts(text), fits);
            Assert.Equal(slow.Accepts(text), mayEnd);
        }, iter: 3000);

    /// <summary>A walk of the tree finds what asking for each token finds, also with characters split between tokens.</summary>
    [Fact]
    public void AddFitting_AnyState_EqualsAskingForEachToken()
    {
        string[] texts = ["{", "}", "{\"", "\":", "\"", ",", " ", "\n", " \"", "a", "ab", "äb", "\"}", "\"},", "tr", "true", "1", "12", "-", "[", "]", "]]", "\\", "\\u", "00", ":", ": [", "{\"a\": 1}"];
        byte[][] tokens = [.. texts.Select(Encoding.UTF8.GetBytes), [0xE6], [0xBC], [0xA2], [0xBC, 0xA2], [0xFF], [], [], Encoding.UTF8.GetBytes("a")];
        var vocabulary = GrammarVocabulary.Build(tokens.Length, t => tokens[t], [tokens.Length - 2]);
        Gen.ULong.Sample(seed =>
        {
            var random = new Random(unchecked((int)seed));
            var constraint = Grammars.Constraint(Grammars.Json, vocabulary);
            for (var step = 0; step < 25 && !constraint.IsOver; step++)
            {
                var fitting = new List<int>();
                constraint.AddFitting(fitting);
                Assert.Equal(Enumerable.Range(0, tokens.Length).Where(constraint.Fits), fitting.Order());
                var texty = fitting.Where(t => tokens[t].Length > 0).ToArray();
                constraint.Accept(texty[random.Next(texty.Length)]);
            }
        }, iter: 60);
    }

    [Fact]
    public void Constraint_CharacterSplitBetweenTokens_Fits()
    {
        var bytes = Encoding.UTF8.GetBytes("漢");
        Assert.Equal((true, true), Grammars.Read("root ::= [一-龯]", bytes));
        Assert.Equal((true, false), Grammars.Read("root ::= [一-龯]", bytes.AsSpan(0, 2)));
        Assert.False(Grammars.Read("root ::= [一-丅]", bytes).Fits);
        Assert.False(Grammars.Read("root ::= .", [0xC0, 0x80]).Fits);
        Assert.False(Grammars.Read("root ::= .", [0xED, 0xA0, 0x80]).Fits);
    }

    [Fact]
    public void Utf8Sequences_EveryRange_WriteExactlyItsCharacters() =>
        Gen.Select(Gen.Int[0, 0x10FFFF], Gen.Int[0, 0x10FFFF], Gen.Int[0, 0x10FFFF]).Sample((a, b, c) =>
        {
            var ranges = CodePointRange.Normalised([new(Math.Min(a, b), Math.Max(a, b))]);
            foreach (var codePoint in (int[])[a, b, c, Math.Min(a, b) - 1, Math.Max(a, b) + 1])
            {
                if (!Rune.IsValid(codePoint))
                    continue;
                var bytes = Encoding.UTF8.GetBytes(new Rune(codePoint).ToString());
                var written = ranges.SelectMany(Utf8Sequences.Of).Count(s => s.Length == bytes.Length && s.Zip(bytes).All(x => x.Second >= x.First.Low && x.Second <= x.First.High));
                Assert.Equal(ranges.Any(r => codePoint >= r.First && codePoint <= r.Last) ? 1 : 0, written);
            }
        }, iter: 2000);

    [Fact]
    public void Constraint_EndOfGeneration_FitsOnlyWhereTheTextMayEnd()
    {
        var constraint = Grammars.Constraint("root ::= \"ab\" \"c\"?");
        Assert.False(constraint.Fits(Grammars.End));
        constraint.Accept('a');
        Assert.False(constraint.Fits(Grammars.End));
        constraint.Accept('b');
        Assert.True(constraint.Fits(Grammars.End));
        Assert.False(constraint.IsOver);
        constraint.Accept('c');
        Assert.True(constraint.IsOver && constraint.MayEnd);
    }

    [Fact]
    public void Constraint_LongAnswer_ForgetsAndGoesOn()
    {
        // Nests ever deeper and back: each depth is states of its own, more than are kept.
        var constraint = Grammars.Constraint("root ::= (a | b)*\na ::= \"(\" (a | b)* \")\"\nb ::= \"[\" (a | b)* \"]\"");
        var random = new Random(5);
        var open = new Stack<char>();
        for (var i = 0; i < 60_000; i++)
        {
            if (open.Count > 0 && (random.Next(2) == 0 || open.Count > 300))
            {
                var close = open.Pop();
                Assert.False(constraint.Fits(close == ')' ? ']' : ')'));
                constraint.Accept(close);
            }
            else
            {
                var square = random.Next(2) == 0;
                open.Push(square ? ']' : ')');
                constraint.Accept(square ? '[' : '(');
            }
        }

        Assert.Equal(open.Count == 0, constraint.MayEnd);
    }
}
