namespace Atoma.Ethereum.Abi;

/// <summary>Bounds of types and of what is decoded as them.</summary>
public static class AbiLimits
{
    /// <summary>Arrays and tuples inside each other: it bounds the decoder's recursion.</summary>
    public const int TypeDepthMax = 16;

    /// <summary>Members of one tuple or parameter list.</summary>
    public const int TupleItemsMax = 64;

    /// <summary>Encoded size of a type without dynamic parts; what is longer is no type that a contract has.</summary>
    public const int StaticBytesMax = 64 * 1024;

    /// <summary>A whole encoding: larger than any block's call data or log.</summary>
    public const int LengthMaxBytes = 8 * 1024 * 1024;

    /// <summary>A written declaration.</summary>
    public const int DeclarationMaxChars = 4_096;
}
