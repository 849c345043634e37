namespace Atoma.Inference.Gguf;

/// <summary>Why a file is refused before llama.cpp sees it, in the order in which a file is read. Append only.</summary>
public enum GgufError
{
    /// <summary>The file cannot be opened.</summary>
    Unreadable = 1,

    /// <summary>The first four bytes are not <c>GGUF</c>.</summary>
    NotGguf = 2,

    /// <summary>A version other than 2 or 3, or another byte order.</summary>
    VersionUnsupported = 3,

    /// <summary>More metadata entries or tensors than <see cref="GgufLimits"/> allows.</summary>
    CountOutOfRange = 4,

    /// <summary>The file ends inside the header.</summary>
    Truncated = 5,

    /// <summary>A string, key or name is empty where it must not be, or longer than allowed.</summary>
    StringOutOfRange = 6,

    /// <summary>A value or array element type that the format does not have.</summary>
    TypeUnknown = 7,

    /// <summary>An array is longer than allowed.</summary>
    ArrayOutOfRange = 8,

    /// <summary>A key or tensor name occurs twice.</summary>
    Duplicate = 9,

    /// <summary><c>general.alignment</c> is not a power of two within bounds.</summary>
    AlignmentInvalid = 10,

    /// <summary>A tensor's number of dimensions or one of its sizes is out of range.</summary>
    ShapeOutOfRange = 11,

    /// <summary>A tensor type that llama.cpp does not have.</summary>
    TensorTypeUnknown = 12,

    /// <summary>A tensor's data does not begin where the one before it ends.</summary>
    OffsetInvalid = 13,

    /// <summary>Tensor data reaches past the end of the file: an incomplete download.</summary>
    DataTruncated = 14,

    /// <summary>A key that every model has is missing or of another type.</summary>
    KeyMissing = 15,

    /// <summary>llama.cpp does not know the architecture.</summary>
    ArchitectureUnsupported = 16,

    /// <summary>A size of the network is zero, too large, or does not fit another.</summary>
    HyperparameterInvalid = 17,

    /// <summary>The tokenizer's lists do not fit each other, or a special token is outside the vocabulary.</summary>
    TokenizerInvalid = 18,

    /// <summary>The model is split over several files.</summary>
    SplitUnsupported = 19,

    /// <summary>An adapter, a projector or another companion file, not a model.</summary>
    NotAModel = 20,
}

/// <summary>The file is not a GGUF model that can be handed to llama.cpp.</summary>
public sealed class GgufException(GgufError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public GgufError Error => error;
}
