namespace Atoma.Inference;

/// <summary>Why the engine could not load or run. Numbers only grow: operators' tooling matches on them.</summary>
public enum InferenceError
{
    /// <summary>The shared libraries are not where they were looked for.</summary>
    LibraryMissing = 1,

    /// <summary>The libraries are of another version, or their structures differ from the ones this build was written for.</summary>
    LibraryMismatch = 2,

    /// <summary>The chosen CPU variant is not among the libraries, or this processor cannot run it.</summary>
    BackendUnsupported = 3,

    /// <summary>A second engine in this process asked for other libraries or another CPU variant.</summary>
    BackendConflict = 4,

    /// <summary>The model file is valid GGUF but llama.cpp could not load it.</summary>
    ModelRefused = 5,

    /// <summary>The model is of a kind for which bit-equal output has not been shown.</summary>
    ModelNotInvariant = 6,

    /// <summary>The model's chat template cannot be rendered as it is meant.</summary>
    TemplateUnknown = 7,

    /// <summary>llama.cpp could not make a context: usually not enough memory.</summary>
    ContextRefused = 8,

    /// <summary>A decode step failed.</summary>
    DecodeFailed = 9,

    /// <summary>llama.cpp could not write the quantised model.</summary>
    QuantizeFailed = 10,

    /// <summary>Text could not be turned into tokens, or a token is outside the vocabulary.</summary>
    TokenizeFailed = 11,

    /// <summary>Weights, cache and buffers together exceed the memory available; nothing was loaded.</summary>
    MemoryInsufficient = 12,
}

/// <summary>The engine cannot load or run; <see cref="Error"/> says in which phase.</summary>
public sealed class InferenceException : Exception
{
    public InferenceException(InferenceError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    public InferenceError Error { get; }
}
