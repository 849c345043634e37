using System.Diagnostics;
using Atoma.Protocol.Verification.Grammar;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification.Grammar;

public sealed class HostileGrammarTests
{
    public static TheoryData<GrammarError, string> Refused => new()
    {
        { GrammarError.Syntax, "root ::= \"a" }, { GrammarError.Syntax, "root ::= [a" }, { GrammarError.Syntax, "root ::= (\"a\"" },
        { GrammarError.Syntax, "root ::= \"a\")" }, { GrammarError.Syntax, "root = \"a\"" }, { GrammarError.Syntax, "root ::= [z-a]" },
        { GrammarError.Syntax, "root ::= \"\\q\"" }, { GrammarError.Syntax, "root ::= \"\\uD800\"" }, { GrammarError.Syntax, "root ::= \"\\U00110000\"" },
        { GrammarError.Syntax, "root ::= \"a\"{3,2}" }, { GrammarError.Syntax, "root ::= \"a\"{" }, { GrammarError.Syntax, "root ::= \"a\"*?" },
        { GrammarError.Syntax, "root ::= []" }, { GrammarError.Syntax, "root ::= <[1]>" }, { GrammarError.Syntax, "root ::= \"a\0" }, { GrammarError.Syntax, "::= \"a\"" },
        { GrammarError.UndefinedRule, "" }, { GrammarError.UndefinedRule, "root ::= a" }, { GrammarError.UndefinedRule, "a ::= \"a\"" },
        { GrammarError.DuplicateRule, "root ::= \"a\"\nroot ::= \"b\"" },
        { GrammarError.LeftRecursion, "root ::= root \"a\" | \"b\"" }, { GrammarError.LeftRecursion, "root ::= a\na ::= \"x\"? b\nb ::= root | \"c\"" },
        { GrammarError.LeftRecursion, "root ::= root | \"\"" },
        { GrammarError.EmptyRepetition, "root ::= (\"a\"?)*" }, { GrammarError.EmptyRepetition, "root ::= a+\na ::= \"\"" },
        { GrammarError.EndlessRule, "root ::= \"a\" root" }, { GrammarError.EndlessRule, "root ::= \"a\" | b\nb ::= \"[\" b \"]\"" },
        { GrammarError.TooLarge, "root ::= \"a\"{2001}" }, { GrammarError.TooLarge, "root ::= \"a\"{99999999999}" },
        { GrammarError.TooLarge, "root ::= " + new string('(', 65) + "\"a\"" + new string(')', 65) },
        { GrammarError.TooLarge, "root ::= " + string.Concat(Enumerable.Repeat("(", 12)) + "[a-z]" + string.Concat(Enumerable.Repeat("){4}", 12)) },
        { GrammarError.TooLarge, "root ::= \"a\"\n" + string.Concat(Enumerable.Range(0, 2048).Select(i => $"r{i} ::= \"a\"\n")) },
        { GrammarError.TooLong, "root ::= \"" + new string('a', 65_536) + "\"" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void Parse_ABadGrammar_IsRefusedByKind(GrammarError error, string grammar)
    {
        var refused = Assert.Throws<GrammarException>(() => GrammarProgram.Parse(grammar));
        Assert.True(error == refused.Error, refused.Message);
    }

    [Fact]
    public void Parse_RandomText_IsReadOrRefused() =>
        Gen.OneOf(((string[])["root", " ::= ", "a", "\"a\"", "[a-z]", "(", ")", "|", "*", "+", "?", "{2,3}", "{", "}", "\n", " ", "[^", "]", "\\", "\"", "#", "漢", "\uD800", "\0", ".", "<"]).Select(Gen.Const).ToArray())
            .Array[0, 40].Sample(parts =>
            {
                try
                {
                    GrammarProgram.Parse("root ::= " + string.Concat(parts));
                }
                catch (GrammarException)
                {
                    // Refused in words of our own; anything else fails the test.
                }
            }, iter: 20_000);

    /// <summary>Chains as long as a grammar can be: neither the stack nor the clock runs out.</summary>
    [Fact]
    public void Parse_LongestChains_AreReadInTime()
    {
        var clock = Stopwatch.StartNew();
        GrammarProgram.Parse("root ::= r0\n" + string.Concat(Enumerable.Range(0, 2040).Select(i => $"r{i} ::= r{i + 1} \"x\"\n")) + "r2040 ::= \"a\"");
        GrammarProgram.Parse("r2040 ::= \"a\"\nroot ::= r0\n" + string.Concat(Enumerable.Range(0, 2040).Reverse().Select(i => $"r{i} ::= r{i + 1}\n")));
        GrammarProgram.Parse("root ::= " + string.Join('|', Enumerable.Range(0, 8_000).Select(i => $"\"{i}\"")));
        GrammarProgram.Parse("root ::= " + string.Concat(Enumerable.Repeat("a ", 20_000)) + "\na ::= \"x\"");
        Assert.True(clock.ElapsedMilliseconds < 5000, $"{clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public void Fits_AnExplodingGrammar_IsGivenUpInBoundedTime()
    {
        // Every x may be read by either rule at every depth: the readings double with each one.
        const string Exploding = "root ::= a{20}\na ::= (b | c){0,40}\nb ::= \"x\" d\nc ::= \"x\" e\nd ::= (\"x\" b)?\ne ::= (\"x\" c \"y\"?)?";
        var clock = Stopwatch.StartNew();
        var constraint = Grammars.Constraint(Exploding);
        try
        {
            for (var i = 0; i < 100 && constraint.Fits('x'); i++)
                constraint.Accept('x');
        }
        catch (GrammarException e)
        {
            Assert.Equal(GrammarError.TooManySteps, e.Error);
        }

        Assert.True(clock.ElapsedMilliseconds < 20_000, $"{clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public void Accept_DeeperThanTheLimit_DoesNotFit()
    {
        var constraint = Grammars.Constraint("root ::= \"(\" root \")\" | \"x\"");
        var depth = 0;
        for (; constraint.Fits('('); depth++)
            constraint.Accept('(');
        Assert.InRange(depth, GrammarLimits.Depth - 2, GrammarLimits.Depth + 2);
        constraint.Accept('x');
        for (; depth > 0; depth--)
            constraint.Accept(')');
        Assert.True(constraint.IsOver && constraint.MayEnd);
    }

    [Fact]
    public void Constraint_NoTokenFitsTheStart_IsRefused()
    {
        var vocabulary = GrammarVocabulary.Build(2, t => t == 0 ? "a"u8.ToArray() : [], [1]);
        Assert.Equal(GrammarError.NoTokenFits, Assert.Throws<GrammarException>(() => Grammars.Constraint("root ::= \"b\"", vocabulary)).Error);
        Assert.Equal(GrammarError.NoTokenFits, Assert.Throws<GrammarException>(() => Grammars.Constraint("root ::= \"\"", vocabulary)).Error);
    }
}
