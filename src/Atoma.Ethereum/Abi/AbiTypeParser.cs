using System.Globalization;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Abi;

/// <summary>
/// Reads types and declarations as Solidity writes them: <c>Deposited(address indexed user, uint128 amount)</c>. A tuple is
/// written by its members: <c>(address payee, uint128 cumulative)[] leaves</c>.
/// </summary>
internal ref struct AbiTypeParser
{
    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private AbiTypeParser(string text)
    {
        if (text.Length > AbiLimits.DeclarationMaxChars)
            throw new EthereumFormatException($"A declaration has at most {AbiLimits.DeclarationMaxChars} characters.");
        _text = text;
    }

    public static AbiType Type(string text)
    {
        var parser = new AbiTypeParser(text);
        var type = parser.Type(AbiLimits.TypeDepthMax);
        return parser._at == text.Length ? type : throw parser.Wrong();
    }

    /// <summary>name(parameters), and <c>returns (parameters)</c> if it is there.</summary>
    public static (string Name, AbiParameter[] Inputs, AbiParameter[] Outputs) Declaration(string text)
    {
        var parser = new AbiTypeParser(text);
        var name = parser.Word();
        var inputs = parser.Parameters(AbiLimits.TypeDepthMax);
        AbiParameter[] outputs = [];
        if (parser.TakeKeyword("returns"))
            outputs = parser.Parameters(AbiLimits.TypeDepthMax);
        parser.SkipSpaces();
        return name.Length > 0 && parser._at == text.Length ? (name, inputs, outputs) : throw parser.Wrong();
    }

    private AbiParameter[] Parameters(int depth)
    {
        SkipSpaces();
        Take('(');
        var items = new List<AbiParameter>();
        SkipSpaces();
        if (TryTake(')'))
            return [];
        do
        {
            if (items.Count == AbiLimits.TupleItemsMax)
                throw new EthereumFormatException($"At most {AbiLimits.TupleItemsMax} ABI values stand side by side.");
            SkipSpaces();
            var type = Type(depth);
            var indexed = TakeKeyword("indexed");
            SkipSpaces();
            items.Add(new AbiParameter(Word(), type, indexed));
            SkipSpaces();
        }
        while (TryTake(','));
        Take(')');
        return [.. items];
    }

    private AbiType Type(int depth)
    {
        if (depth == 0)
            throw new EthereumFormatException($"ABI types are nested more than {AbiLimits.TypeDepthMax} deep.");
        AbiType type;
        if (_at < _text.Length && _text[_at] == '(')
            type = Bounded(Parameters(depth - 1) is { Length: > 0 } items ? new AbiTuple([.. items.Select(i => i.Type)]) : throw Wrong());
        else
            type = Elementary(Word()) ?? throw Wrong();

        for (; TryTake('['); depth--)
        {
            if (depth == 1)
                throw new EthereumFormatException($"ABI types are nested more than {AbiLimits.TypeDepthMax} deep.");
            var digits = Word();
            Take(']');
            type = Bounded(new AbiArray($"{type.Name}[{digits}]", type, Count(digits, type)));
        }

        return type;
    }

    private int? Count(string digits, AbiType element)
    {
        if (digits.Length == 0)
            return null;
        // Arrays of no elements are not allowed by compilers, and would be values of no size.
        return Number(digits) is { } count and > 0 && (long)count * element.HeadBytes <= AbiLimits.StaticBytesMax ? count : throw Wrong();
    }

    private static AbiType Bounded(AbiType type) =>
        type.StaticBytes <= AbiLimits.StaticBytesMax
            ? type
            : throw new EthereumFormatException($"An ABI type without dynamic parts has at most {AbiLimits.StaticBytesMax} bytes.");

    private static AbiType? Elementary(string name) => name switch
    {
        "address" => new AbiAddress(),
        "bool" => new AbiBool(),
        "string" => new AbiString(),
        "bytes" => new AbiBytes(),
        _ when name.StartsWith("uint", StringComparison.Ordinal) => Integer(name, signed: false, Number(name[4..])),
        _ when name.StartsWith("int", StringComparison.Ordinal) => Integer(name, signed: true, Number(name[3..])),
        _ when name.StartsWith("bytes", StringComparison.Ordinal) => Number(name[5..]) is { } size and >= 1 and <= 32 ? new AbiFixedBytes(name, size) : null,
        _ => null,
    };

    private static AbiInteger? Integer(string name, bool signed, int? bits) =>
        bits is { } count and >= 8 and <= 256 && count % 8 == 0 ? new AbiInteger(name, signed, count) : null;

    /// <summary>Decimal without leading zeros, up to four digits; null for anything else.</summary>
    private static int? Number(string digits) =>
        digits.Length is > 0 and <= 4 && digits[0] != '0' && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string Word()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '$'))
            _at++;
        return _text[start.._at].ToString();
    }

    private bool TakeKeyword(string keyword)
    {
        var before = _at;
        SkipSpaces();
        if (_at > before || before == 0 || _text[before - 1] == ')')
        {
            if (Word() == keyword)
                return true;
        }

        _at = before;
        return false;
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
    }

    private bool TryTake(char wanted)
    {
        if (_at >= _text.Length || _text[_at] != wanted)
            return false;
        _at++;
        return true;
    }

    private void Take(char wanted)
    {
        if (!TryTake(wanted))
            throw Wrong();
    }

    private readonly EthereumFormatException Wrong() => new($"Not an ABI declaration from character {_at} on: '{_text}'.");
}
