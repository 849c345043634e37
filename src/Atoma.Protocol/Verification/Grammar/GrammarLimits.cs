namespace Atoma.Protocol.Verification.Grammar;

/// <summary>Bounds of a grammar and of the work it may cause. A grammar comes from a requester: it is hostile until shown otherwise.</summary>
public static class GrammarLimits
{
    /// <summary>UTF-8 bytes of a grammar's text: a schema with a few hundred properties becomes about 30 KB.</summary>
    public const int TextBytes = 64 * 1024;

    /// <summary>Named rules.</summary>
    public const int Rules = 2048;

    /// <summary>Characters of a rule's name.</summary>
    public const int NameLength = 128;

    /// <summary>Depth of parentheses: parser and compiler recurse this far.</summary>
    public const int Nesting = 64;

    /// <summary>Largest m and n of {m,n}.</summary>
    public const int Repetitions = 2000;

    /// <summary>Instructions of the compiled program; repetitions multiply them.</summary>
    public const int Instructions = 1 << 16;

    /// <summary>Byte ranges of all instructions together.</summary>
    public const int Ranges = 1 << 18;

    /// <summary>Rules open at once in one reading of the text: how deep an answer may nest.</summary>
    public const int Depth = 512;

    /// <summary>Readings of the text at once. A byte after which there would be more does not fit the grammar.</summary>
    public const int Stacks = 2048;

    /// <summary>Readings opened while one token is chosen: about 10 ms of the engine's thread.</summary>
    public const int StepsPerToken = 1 << 17;

    /// <summary>States remembered between tokens; beyond that all but the current one are forgotten.</summary>
    public const int KeptStates = 4096;

    /// <summary>Stack frames remembered between tokens.</summary>
    public const int KeptFrames = 1 << 16;
}
