using System.Text.RegularExpressions;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>
/// Cuts a template into tokens as Jinja 3.1 does with trim_blocks and lstrip_blocks, which is how transformers sets it up:
/// the newline after a block or comment and the blanks before it on its line are not part of the text.
/// </summary>
internal sealed partial class JinjaLexer
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;

    /// <summary>Whether what comes next begins a line of the template.</summary>
    private bool _lineStarts = true;

    private JinjaLexer(string source) => _source = source;

    /// <exception cref="JinjaException">Not Jinja, or too long.</exception>
    public static IReadOnlyList<JinjaToken> Read(string template)
    {
        if (template.Length > JinjaLimits.TemplateCharacters)
            throw new JinjaException(JinjaError.Limit, 1, $"The template has {template.Length} characters, more than {JinjaLimits.TemplateCharacters}");
        var source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        // keep_trailing_newline is off.
        var lexer = new JinjaLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_at < _source.Length)
        {
            var tag = Tag().Match(_source, _at);
            var data = _source[_at..(tag.Success ? tag.Index : _source.Length)];
            var kind = tag.Success ? tag.Value[..2] : "";
            AddData(tag.Success ? Before(data, kind, tag.Length > 2 ? tag.Value[2] : ' ') : data);
            _line += data.AsSpan().Count('\n');
            _at += data.Length + tag.Length;
            if (tag.Success)
                ReadTag(kind);
        }

        Add(JinjaTokenKind.End, "");
    }

    private void AddData(string data)
    {
        if (data.Length > 0)
            Add(JinjaTokenKind.Data, data);
    }

    /// <summary>The data before a tag, without what the tag strips.</summary>
    private string Before(string data, string kind, char sign)
    {
        if (sign == '-')
            return data.TrimEnd(Whitespace);
        if (sign == '+' || kind == "{{")
            return data;
        var lineStart = data.LastIndexOf('\n') + 1;
        return (lineStart > 0 || _lineStarts) && data.AsSpan(lineStart).Trim(Whitespace).IsEmpty ? data[..lineStart] : data;
    }

    private void ReadTag(string kind)
    {
        switch (kind)
        {
            case "{#":
                var end = CommentEnd().Match(_source, _at);
                if (!end.Success)
                    throw Fault("A comment has no end");
                Skip(end.Index + end.Length - _at);
                break;
            case "{{":
                Add(JinjaTokenKind.PrintBegin, kind);
                ReadInside("}}", JinjaTokenKind.PrintEnd, PrintEnd());
                break;
            default:
                if (RawBegin().Match(_source, _at) is { Success: true } raw)
                {
                    Raw(raw);
                    break;
                }

                Add(JinjaTokenKind.BlockBegin, kind);
                ReadInside("%}", JinjaTokenKind.BlockEnd, BlockEnd());
                break;
        }
    }

    private void Raw(Match begin)
    {
        Skip(begin.Length);
        var end = RawEnd().Match(_source, _at);
        if (!end.Success)
            throw Fault("A raw block has no end");
        var data = _source[_at..end.Index];
        AddData(Before(data, "{%", end.Groups["sign"].ValueSpan is [var sign] ? sign : ' '));
        Skip(end.Index + end.Length - _at);
    }

    /// <summary>Tokens up to the tag's end. Inside brackets "}}" closes two of them.</summary>
    private void ReadInside(string end, JinjaTokenKind endKind, Regex endPattern)
    {
        var open = new Stack<char>();
        while (true)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
                Skip(1);
            if (_at >= _source.Length)
                throw Fault($"A tag has no end ('{end}')");
            if (open.Count == 0 && endPattern.Match(_source, _at) is { Success: true } match)
            {
                Add(endKind, end);
                Skip(match.Length);
                return;
            }

            ReadToken(open);
        }
    }

    private void ReadToken(Stack<char> open)
    {
        if (Name().Match(_source, _at) is { Success: true } name)
        {
            Take(JinjaTokenKind.Name, name.Length);
        }
        else if (Float().Match(_source, _at) is { Success: true } real)
        {
            Take(JinjaTokenKind.Float, real.Length);
        }
        else if (Integer().Match(_source, _at) is { Success: true } whole)
        {
            Take(JinjaTokenKind.Integer, whole.Length);
        }
        else if (_source[_at] is '"' or '\'')
        {
            var literal = Literal().Match(_source, _at);
            if (!literal.Success)
                throw Fault("A text has no closing quote");
            Add(JinjaTokenKind.Text, JinjaEscapes.Read(literal.Value[1..^1]));
            Skip(literal.Length);
        }
        else
        {
            var symbol = Array.Find(Operators, o => string.CompareOrdinal(_source, _at, o, 0, o.Length) == 0)
                ?? throw Fault($"The character '{_source[_at]}' means nothing here");
            Balance(open, symbol);
            Take(JinjaTokenKind.Operator, symbol.Length);
        }
    }

    private void Balance(Stack<char> open, string symbol)
    {
        if (symbol is "(" or "[" or "{")
        {
            if (open.Count >= JinjaLimits.Depth)
                throw new JinjaException(JinjaError.Limit, _line, "Brackets are nested too deep");
            open.Push(symbol[0]);
        }
        else if (symbol is ")" or "]" or "}" && (!open.TryPop(out var begin) || symbol[0] != (begin == '(' ? ')' : begin == '[' ? ']' : '}')))
        {
            throw Fault($"'{symbol}' closes nothing");
        }
    }

    private void Take(JinjaTokenKind kind, int length)
    {
        Add(kind, _source.Substring(_at, length));
        _at += length;
    }

    private void Add(JinjaTokenKind kind, string text) => _tokens.Add(new JinjaToken(kind, text, _line));

    /// <summary>Goes on by so many characters of a tag, counting lines.</summary>
    private void Skip(int length)
    {
        var skipped = _source.AsSpan(_at, length);
        _line += skipped.Count('\n');
        _lineStarts = skipped.EndsWith("\n");
        _at += length;
    }

    private JinjaException Fault(string reason) => new(JinjaError.Syntax, _line, reason);

    /// <summary>Milliseconds of one match; every pattern here is linear, so none comes near it.</summary>
    private const int TimeoutMs = 1000;

    /// <summary>What Python's str.rstrip takes away.</summary>
    private static readonly char[] Whitespace = [.. Enumerable.Range(0, 0x3001).Select(c => (char)c).Where(PythonText.IsSpace)];

    [GeneratedRegex(@"\{[{%#][-+]?", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Tag();

    [GeneratedRegex(@"-#\}\s*|\+#\}|#\}\n?", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex CommentEnd();

    [GeneratedRegex(@"\G(?:-\}\}\s*|\}\})", RegexOptions.CultureInvariant, TimeoutMs)]
    private static partial Regex PrintEnd();

    [GeneratedRegex(@"\G(?:\+%\}|-%\}\s*|%\}\n?)", RegexOptions.CultureInvariant, TimeoutMs)]
    private static partial Regex BlockEnd();

    [GeneratedRegex(@"\G\s*raw\s*(?:-%\}\s*|%\})", RegexOptions.CultureInvariant, TimeoutMs)]
    private static partial Regex RawBegin();

    [GeneratedRegex(@"\{%(?<sign>[-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeoutMs)]
    private static partial Regex RawEnd();

    [GeneratedRegex(@"\G[\p{L}_][\p{L}\p{Nd}_]*", RegexOptions.CultureInvariant, TimeoutMs)]
    private static partial Regex Name();

    [GeneratedRegex(@"\G(?<!\.)[0-9]+(?:_[0-9]+)*(?:(?:\.[0-9]+(?:_[0-9]+)*)?[eE][+-]?[0-9]+(?:_[0-9]+)*|\.[0-9]+(?:_[0-9]+)*)", RegexOptions.CultureInvariant, TimeoutMs)]
    private static partial Regex Float();

    [GeneratedRegex(@"\G(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|[1-9](?:_?[0-9])*|0(?:_?0)*)", RegexOptions.CultureInvariant, TimeoutMs)]
    private static partial Regex Integer();

    [GeneratedRegex(@"\G(?:'[^'\\]*(?:\\.[^'\\]*)*'|""[^""\\]*(?:\\.[^""\\]*)*"")", RegexOptions.CultureInvariant | RegexOptions.Singleline, TimeoutMs)]
    private static partial Regex Literal();
}
