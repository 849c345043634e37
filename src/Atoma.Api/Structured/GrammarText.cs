using System.Globalization;
using System.Text;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Api.Structured;

/// <summary>
/// GBNF being written: rules are added, each gets a name to refer to it by, and in the end a root is put over them. JSON's own
/// rules come in when they are first referred to. Values have no white space around them; inside they have at most one space, or
/// one line break with indentation, where JSON allows it: a model cannot dwell there.
/// </summary>
internal sealed class GrammarText
{
    /// <summary>Digits before and after a number's point: all of them fit a double.</summary>
    public const int DigitsMax = 15;

    private static readonly Dictionary<string, (string Body, string[] Uses)> Json = new(StringComparer.Ordinal)
    {
        ["sp"] = ("""(" " | "\n" [ \t]{0,20})?""", []),
        ["hex"] = ("[0-9a-fA-F]", []),
        // Escaped halves of surrogate pairs are left out: alone they are no character.
        ["char"] = ("""[^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-CeEfF] hex hex hex | [dD] [0-7] hex hex))""", ["hex"]),
        ["string"] = (""" "\"" char* "\"" """, ["char"]),
        ["digits"] = ("[0-9]{1,15}", []),
        ["number"] = (""" "-"? ("0" | [1-9] [0-9]{0,14}) ("." digits)? ([eE] [+-]? [0-9]{1,2})? """, ["digits"]),
        ["member"] = (""" string sp ":" sp value """, ["string", "sp", "value"]),
        ["object"] = (""" "{" sp (member (sp "," sp member)* sp)? "}" """, ["member", "sp"]),
        ["array"] = (""" "[" sp (value (sp "," sp value)* sp)? "]" """, ["value", "sp"]),
        ["value"] = (""" object | array | string | number | "true" | "false" | "null" """, ["object", "array", "string", "number"]),
    };

    private readonly Dictionary<string, string> _bodies = new(StringComparer.Ordinal);
    private int _length;
    private int _named;

    /// <summary>Adds a rule; returns the name that stands for it.</summary>
    /// <exception cref="JsonSchemaException">The grammar becomes longer than one may be.</exception>
    public string Add(string body)
    {
        var name = Reserve();
        Define(name, body);
        return name;
    }

    /// <summary>A name for a rule that comes later, for rules that refer to each other.</summary>
    public string Reserve() => $"r{_named++.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The rule of a reserved name.</summary>
    /// <exception cref="JsonSchemaException">The grammar becomes longer than one may be.</exception>
    public void Define(string name, string body)
    {
        body = body.Trim();
        _bodies.Add(name, body);
        _length += name.Length + body.Length + 6;
        if (_length > GrammarLimits.TextBytes)
            throw new JsonSchemaException("", $"becomes a grammar of more than {GrammarLimits.TextBytes} bytes; make it smaller");
    }

    /// <summary>One of JSON's own rules: <c>value</c>, <c>object</c>, <c>array</c>, <c>string</c>, <c>char</c>, <c>number</c>, <c>sp</c>, …</summary>
    public string Of(string name)
    {
        if (_bodies.ContainsKey(name))
            return name;
        Define(name, Json[name].Body);
        foreach (var used in Json[name].Uses)
            Of(used);
        return name;
    }

    /// <summary>A text as a GBNF literal.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
                literal.Append('\\').Append((char)rune.Value);
            else if (rune.Value < 0x20 || rune.Value == 0x7F)
                literal.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:X2}");
            else
                literal.Append(rune.ToString());
        }

        return literal.Append('"').ToString();
    }

    /// <summary>One character inside a GBNF class.</summary>
    public static string InClass(Rune rune) => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");

    /// <summary>The whole grammar.</summary>
    /// <param name="root">Right side of the root rule.</param>
    public string ToGrammar(string root)
    {
        var text = new StringBuilder("root ::= ").Append(root.Trim()).Append('\n');
        foreach (var (name, body) in _bodies)
            text.Append(name).Append(" ::= ").Append(body).Append('\n');
        return text.ToString();
    }
}
