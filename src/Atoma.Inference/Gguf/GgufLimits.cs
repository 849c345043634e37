namespace Atoma.Inference.Gguf;

/// <summary>Bounds on what a model file may declare, all far above what real models use, so that a hostile header costs little.</summary>
public static class GgufLimits
{
    /// <summary>Metadata entries. Large models have about 60.</summary>
    public const int Entries = 4096;

    /// <summary>Tensors. The largest mixtures of experts have some thousands.</summary>
    public const int Tensors = 65_536;

    /// <summary>Bytes of a key; the format's own bound is 65,535, real keys stay below 64.</summary>
    public const int KeyBytes = 1024;

    /// <summary>Bytes of one string value: the longest chat templates have some tens of thousands.</summary>
    public const int StringBytes = 4 << 20;

    /// <summary>Elements of one array: the longest are merge lists of about 500,000.</summary>
    public const int ArrayLength = 8 << 20;

    /// <summary>Bytes of the whole header. A vocabulary of 256,000 tokens takes about 16 MB.</summary>
    public const long HeaderBytes = 512L << 20;

    /// <summary>Bytes of a tensor name, llama.cpp's GGML_MAX_NAME less its terminator.</summary>
    public const int TensorNameBytes = 63;

    /// <summary>Dimensions of a tensor, llama.cpp's GGML_MAX_DIMS.</summary>
    public const int TensorDimensions = 4;

    /// <summary>Largest alignment of the data section. 32 is usual, 4096 the most seen.</summary>
    public const uint Alignment = 1 << 20;

    /// <summary>Blocks of the network; the deepest models have about 130, llama.cpp's own bound is 512.</summary>
    public const uint Blocks = 512;

    /// <summary>Width, heads and other sizes of the network.</summary>
    public const uint Dimension = 1 << 20;

    /// <summary>Context length as trained.</summary>
    public const uint ContextLength = 1 << 27;
}
