namespace Atoma.Protocol.Verification.Grammar;

/// <summary>What an instruction does. Instructions are numbers; a text is read by going from one to the next.</summary>
internal enum InstructionKind : byte
{
    /// <summary>Goes on at all of its targets at once. The default, so that an instruction not filled in yet leads nowhere.</summary>
    Split,

    /// <summary>Reads one byte and goes where its range leads; several ranges may hold it.</summary>
    Bytes,

    /// <summary>Reads a rule, then goes on.</summary>
    Call,

    /// <summary>The rule is read: goes back to its caller.</summary>
    Return,
}

/// <param name="Kind">See there.</param>
/// <param name="First">Bytes: index of its first range. Split: of its first target. Call: the rule's first instruction.</param>
/// <param name="Count">Bytes, Split: how many.</param>
/// <param name="Next">Call: where to go on after the rule.</param>
internal readonly record struct Instruction(InstructionKind Kind, int First, int Count, int Next);

/// <param name="Low">First byte.</param>
/// <param name="High">Last byte, included.</param>
/// <param name="Next">Instruction that follows.</param>
internal readonly record struct ByteRange(byte Low, byte High, int Next);

/// <summary>A grammar compiled: immutable, used by many answers at once.</summary>
public sealed class GrammarProgram
{
    internal GrammarProgram(Instruction[] instructions, ByteRange[] ranges, int[] targets, int start)
    {
        Instructions = instructions;
        Ranges = ranges;
        Targets = targets;
        Start = start;
        (ByteClasses, ClassCount) = Classes(ranges);
    }

    internal Instruction[] Instructions { get; }

    internal ByteRange[] Ranges { get; }

    internal int[] Targets { get; }

    /// <summary>First instruction of the root rule.</summary>
    internal int Start { get; }

    /// <summary>Class of each byte: bytes that no range tells apart share one.</summary>
    internal byte[] ByteClasses { get; }

    internal int ClassCount { get; }

    /// <param name="text">GBNF with a rule <c>root</c>, at most <see cref="GrammarLimits.TextBytes"/>.</param>
    /// <exception cref="GrammarException">Refused; the message says why and where.</exception>
    public static GrammarProgram Parse(string text)
    {
        const string Root = "root";
        var rules = GbnfParser.Parse(text);
        GrammarChecks.Require(rules, Root);
        return new GrammarCompiler(rules).Compile(Root);
    }

    private static (byte[] Classes, int Count) Classes(ByteRange[] ranges)
    {
        Span<bool> starts = stackalloc bool[257];
        starts[0] = true;
        foreach (var range in ranges)
        {
            starts[range.Low] = true;
            starts[range.High + 1] = true;
        }

        var classes = new byte[256];
        var current = -1;
        for (var value = 0; value < 256; value++)
        {
            if (starts[value])
                current++;
            classes[value] = (byte)current;
        }

        return (classes, current + 1);
    }
}
