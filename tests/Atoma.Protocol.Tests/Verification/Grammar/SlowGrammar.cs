using System.Text;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Protocol.Tests.Verification.Grammar;

/// <summary>A grammar read by backtracking over its expressions, character by character: slow and obviously right.</summary>
internal sealed class SlowGrammar(string text)
{
    private readonly IReadOnlyDictionary<string, GrammarExpression> _rules = GbnfParser.Parse(text);

    /// <summary>Whether the whole text fits.</summary>
    public bool Accepts(string text) => Read(text, isPrefix: false);

    /// <summary>Whether the text is the start of one that fits, in whole characters.</summary>
    public bool Begins(string text) => Read(text, isPrefix: true);

    private bool Read(string text, bool isPrefix)
    {
        var codePoints = text.EnumerateRunes().Select(r => r.Value).ToArray();
        return Match(_rules["root"], 0, at => at == codePoints.Length && !isPrefix);

        bool Match(GrammarExpression expression, int at, Func<int, bool> then)
        {
            switch (expression)
            {
                case GrammarExpression.Literal e:
                    return Sequence([.. e.CodePoints.Select(c => new GrammarExpression.Class([new(c, c)]))], 0, at, then);
                case GrammarExpression.Class e:
                    if (at == codePoints.Length)
                        return isPrefix;
                    return e.Ranges.Any(r => codePoints[at] >= r.First && codePoints[at] <= r.Last) && Continue(at + 1, then);
                case GrammarExpression.Reference e:
                    return Match(_rules[e.Rule], at, then);
                case GrammarExpression.Sequence e:
                    return Sequence(e.Parts, 0, at, then);
                case GrammarExpression.Choice e:
                    return e.Alternatives.Any(a => Match(a, at, then));
                case GrammarExpression.Repeat e:
                    return Repeat(e, 0, at, then);
                default:
                    throw new InvalidOperationException();
            }
        }

        // The text read up to its end is a prefix of whatever follows, and every rule has a finite text.
        bool Continue(int at, Func<int, bool> then) => (isPrefix && at == codePoints.Length) || then(at);

        bool Sequence(IReadOnlyList<GrammarExpression> parts, int index, int at, Func<int, bool> then) =>
            index == parts.Count ? then(at) : Match(parts[index], at, next => Sequence(parts, index + 1, next, then));

        bool Repeat(GrammarExpression.Repeat e, int count, int at, Func<int, bool> then)
        {
            if (count >= e.Least && then(at))
                return true;
            return (e.Most is null || count < e.Most) && Match(e.Part, at, next => (next > at || count < e.Least) && Repeat(e, count + 1, next, then));
        }
    }
}

/// <summary>Grammars of the tests, read with a token for each byte, or with given texts as tokens.</summary>
internal static class Grammars
{
    /// <summary>The token that ends an answer.</summary>
    public const int End = 256;

    public static GrammarVocabulary Bytes { get; } = GrammarVocabulary.Build(257, t => t < 256 ? [(byte)t] : [], [End]);

    public const string Json = """
        root ::= object
        value ::= object | array | string | number | "true" | "false" | "null"
        object ::= "{" sp (string sp ":" sp value (sp "," sp string sp ":" sp value)* sp)? "}"
        array ::= "[" sp (value (sp "," sp value)* sp)? "]"
        string ::= "\"" char* "\""
        char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
        number ::= "-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})? ([eE] [+-]? [0-9]{1,2})?
        sp ::= (" " | "\n" [ \t]{0,20})?
        """;

    public static GrammarConstraint Constraint(string text, GrammarVocabulary? vocabulary = null) => new(GrammarProgram.Parse(text), vocabulary ?? Bytes);

    /// <summary>Whether the bytes fit one after another; what is then known of the end.</summary>
    public static (bool Fits, bool MayEnd) Read(string grammar, ReadOnlySpan<byte> bytes)
    {
        var constraint = Constraint(grammar);
        foreach (var value in bytes)
        {
            if (!constraint.Fits(value))
                return (false, false);
            constraint.Accept(value);
        }

        return (true, constraint.MayEnd);
    }

    public static (bool Fits, bool MayEnd) Read(string grammar, string text) => Read(grammar, Encoding.UTF8.GetBytes(text));
}
