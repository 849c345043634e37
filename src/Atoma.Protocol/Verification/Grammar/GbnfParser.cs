using System.Globalization;
using System.Text;

namespace Atoma.Protocol.Verification.Grammar;

/// <summary>
/// Reads GBNF, llama.cpp's grammar notation: <c>name ::= alternatives</c>, one rule a line; "literals" and [classes] with the
/// escapes \n \r \t \\ \" \[ \] \- \^ \xHH \uHHHH \UHHHHHHHH; <c>.</c> for any character; ( ) | * + ? {m} {m,} {m,n}; comments from # on.
/// A rule goes on over a line's end inside parentheses, after ::= and around |.
/// </summary>
internal sealed class GbnfParser
{
    private readonly string _text;
    private readonly Dictionary<string, GrammarExpression> _rules = new(StringComparer.Ordinal);
    private int _at;
    private int _line = 1;
    private int _nesting;

    private GbnfParser(string text) => _text = text;

    /// <exception cref="GrammarException">Not GBNF, or over a limit.</exception>
    public static IReadOnlyDictionary<string, GrammarExpression> Parse(string text)
    {
        if (text.Length > GrammarLimits.TextBytes || Encoding.UTF8.GetByteCount(text) > GrammarLimits.TextBytes)
            throw new GrammarException(GrammarError.TooLong, $"The grammar is longer than {GrammarLimits.TextBytes} bytes.");
        var parser = new GbnfParser(text);
        for (parser.SkipSpace(lines: true); parser._at < text.Length; parser.SkipSpace(lines: true))
            parser.ReadRule();
        return parser._rules;
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private bool Ended => _at >= _text.Length;

    private void ReadRule()
    {
        var name = ReadName();
        SkipSpace(lines: false);
        if (!Take("::="))
            throw Syntax("expected ::= after the rule's name");
        SkipSpace(lines: true);
        var right = ReadChoice();
        if (!Ended && Current is not ('\n' or '\r'))
            throw Syntax($"did not expect '{Current}'");
        if (!_rules.TryAdd(name, right))
            throw new GrammarException(GrammarError.DuplicateRule, $"Line {_line}: the rule '{name}' is defined twice.");
        if (_rules.Count > GrammarLimits.Rules)
            throw new GrammarException(GrammarError.TooLarge, $"The grammar has more than {GrammarLimits.Rules} rules.");
    }

    private GrammarExpression ReadChoice()
    {
        List<GrammarExpression> alternatives = [ReadSequence()];
        while (ContinuesWithBar())
        {
            SkipSpace(lines: true);
            alternatives.Add(ReadSequence());
        }

        return alternatives.Count == 1 ? alternatives[0] : new GrammarExpression.Choice(alternatives);
    }

    /// <summary>Takes a | that stands here or, because no rule can start with one, at the start of a later line.</summary>
    private bool ContinuesWithBar()
    {
        var here = (_at, _line);
        SkipSpace(lines: true);
        if (Take("|"))
            return true;
        (_at, _line) = here;
        return false;
    }

    private GrammarExpression ReadSequence()
    {
        var parts = new List<GrammarExpression>();
        for (SkipSpace(lines: _nesting > 0); ReadItem() is { } item; SkipSpace(lines: _nesting > 0))
            parts.Add(ReadRepetition(item));
        return parts.Count == 1 ? parts[0] : new GrammarExpression.Sequence(parts);
    }

    private GrammarExpression? ReadItem()
    {
        switch (Current)
        {
            case '"':
                return ReadLiteral();
            case '[':
                return ReadClass();
            case '.':
                _at++;
                return new GrammarExpression.Class(CodePointRange.Others([]));
            case '(':
                return ReadGroup();
            case '<' or '!':
                throw Syntax("tokens cannot be named, only texts");
            default:
                return IsNameCharacter(Current) ? ReadReference() : null;
        }
    }

    private GrammarExpression.Reference ReadReference()
    {
        var line = _line;
        return new GrammarExpression.Reference(ReadName(), line);
    }

    private GrammarExpression ReadGroup()
    {
        _at++;
        if (++_nesting > GrammarLimits.Nesting)
            throw new GrammarException(GrammarError.TooLarge, $"Line {_line}: parentheses are nested more than {GrammarLimits.Nesting} deep.");
        var inner = ReadChoice();
        SkipSpace(lines: true);
        if (!Take(")"))
            throw Syntax("a parenthesis is not closed");
        _nesting--;
        return inner;
    }

    private GrammarExpression ReadRepetition(GrammarExpression item)
    {
        GrammarExpression.Repeat? repeat = null;
        if (Take("*"))
            repeat = new GrammarExpression.Repeat(item, 0, null);
        else if (Take("+"))
            repeat = new GrammarExpression.Repeat(item, 1, null);
        else if (Take("?"))
            repeat = new GrammarExpression.Repeat(item, 0, 1);
        else if (Take("{"))
            repeat = ReadCounts(item);
        // Each sign would nest the expression one deeper, and later steps recurse over it.
        return repeat is not null && Current is ('*' or '+' or '?' or '{') ? throw Syntax("a repetition of a repetition; use parentheses") : repeat ?? item;
    }

    private GrammarExpression.Repeat ReadCounts(GrammarExpression item)
    {
        SkipSpace(lines: false);
        var least = ReadCount() ?? throw Syntax("expected a number after {");
        int? most = least;
        SkipSpace(lines: false);
        if (Take(","))
        {
            SkipSpace(lines: false);
            most = ReadCount();
            SkipSpace(lines: false);
        }

        if (!Take("}"))
            throw Syntax("expected } after a repetition");
        return most < least ? throw Syntax("a repetition's second number is below its first") : new GrammarExpression.Repeat(item, least, most);
    }

    private int? ReadCount()
    {
        var start = _at;
        while (char.IsAsciiDigit(Current))
            _at++;
        if (_at == start)
            return null;
        if (!int.TryParse(_text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > GrammarLimits.Repetitions)
            throw new GrammarException(GrammarError.TooLarge, $"Line {_line}: a repetition counts more than {GrammarLimits.Repetitions}.");
        return count;
    }

    private GrammarExpression.Literal ReadLiteral()
    {
        _at++;
        var codePoints = new List<int>();
        while (Current != '"')
            codePoints.Add(ReadCharacter("a literal"));
        _at++;
        return new GrammarExpression.Literal(codePoints);
    }

    private GrammarExpression.Class ReadClass()
    {
        _at++;
        var isNegated = Take("^");
        var ranges = new List<CodePointRange>();
        while (Current != ']')
        {
            var first = ReadCharacter("a class");
            var last = first;
            if (Current == '-' && _at + 1 < _text.Length && _text[_at + 1] != ']')
            {
                _at++;
                last = ReadCharacter("a class");
            }

            if (last < first)
                throw Syntax("a class has a range that ends before it starts");
            ranges.Add(new CodePointRange(first, last));
        }

        _at++;
        var normalised = CodePointRange.Normalised(ranges);
        if (isNegated)
            normalised = CodePointRange.Others(normalised);
        return normalised.Count == 0 ? throw Syntax("a class that no character is in") : new GrammarExpression.Class(normalised);
    }

    /// <summary>One code point of a literal or class, escapes read.</summary>
    private int ReadCharacter(string inside)
    {
        if (Ended || Current is '\n' or '\r')
            throw Syntax($"{inside} is not closed");
        if (Current == '\\')
            return ReadEscape();
        if (!Rune.TryGetRuneAt(_text, _at, out var rune))
            throw Syntax("half of a surrogate pair");
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private int ReadEscape()
    {
        _at++;
        var kind = Current;
        _at++;
        return kind switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'x' => ReadHex(2),
            'u' => ReadHex(4),
            'U' => ReadHex(8),
            '\\' or '"' or '[' or ']' or '-' or '^' => kind,
            _ => throw Syntax("an unknown escape"),
        };
    }

    private int ReadHex(int digits)
    {
        if (_at + digits > _text.Length
            || !uint.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value > CodePointRange.Max || CodePointRange.IsSurrogate((int)value))
            throw Syntax("an escape that is no character");
        _at += digits;
        return (int)value;
    }

    private string ReadName()
    {
        var start = _at;
        while (IsNameCharacter(Current))
            _at++;
        if (_at == start)
            throw Syntax("expected a rule's name");
        return _at - start <= GrammarLimits.NameLength ? _text[start.._at] : throw Syntax($"a name longer than {GrammarLimits.NameLength} characters");
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private bool Take(string token)
    {
        if (string.CompareOrdinal(_text, _at, token, 0, token.Length) != 0)
            return false;
        _at += token.Length;
        return true;
    }

    private void SkipSpace(bool lines)
    {
        while (!Ended)
        {
            if (Current == '#')
            {
                while (!Ended && Current is not ('\n' or '\r'))
                    _at++;
            }
            else if (Current is ' ' or '\t' || (lines && Current is '\n' or '\r'))
            {
                if (Current == '\n')
                    _line++;
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private GrammarException Syntax(string what) => new(GrammarError.Syntax, $"Line {_line}: {what}.");
}
