using Atoma.Inference.Native;

namespace Atoma.Inference.Engine;

/// <summary>How a model is run. Nothing here changes bits except <see cref="Mode"/> and <see cref="Libraries"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>Path of the GGUF file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>The model's name for clients. Default: the file's name without extension, in lower case.</summary>
    public string? ModelId { get; init; }

    /// <summary>Exact and checkable to the bit, or as fast as the library can.</summary>
    public EngineMode Mode { get; init; } = EngineMode.Invariant;

    /// <summary>Sequences generated at once, 1 to <see cref="EngineLimits.Slots"/>. Memory for the KV cache grows with it.</summary>
    public int Slots { get; init; } = 8;

    /// <summary>Tokens of prompt and output of one sequence, 0 for the model's own up to <see cref="EngineLimits.DefaultContextTokens"/>; at least 64.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Tokens of a prompt computed between two decode steps, 2 to <see cref="EngineLimits.ChunkTokens"/>: bounds how long a long prompt stalls running streams.</summary>
    public int ChunkTokens { get; init; } = 256;

    /// <summary>CPU threads, 1 to <see cref="EngineLimits.Threads"/>. llama.cpp's threads spin: more than the free cores is many times slower.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Tasks that may wait for a slot, 0 to <see cref="EngineLimits.Queue"/>; one more is refused.</summary>
    public int QueueLimit { get; init; } = 64;

    /// <summary>Checks that may wait, 1 to <see cref="EngineLimits.Queue"/>.</summary>
    public int CheckQueueLimit { get; init; } = 64;

    /// <summary>Go on from what a sequence still holds of an earlier prompt, or copy it from another sequence, instead of computing it again.</summary>
    public bool PrefixReuse { get; init; } = true;

    /// <summary>
    /// Seconds that one decode may take before the watchdog ends it, 1 to <see cref="EngineLimits.DecodeSeconds"/>. A decode
    /// that cannot be ended within the same time again is abandoned and the model loaded anew.
    /// </summary>
    public int DecodeSeconds { get; init; } = 60;

    /// <summary>Run models of a kind whose bit-equality has not been measured (mixtures of experts, sliding windows). Their nodes may be found at fault without any.</summary>
    public bool AllowUnprovenModels { get; init; }

    /// <summary>The llama.cpp build and CPU variant.</summary>
    public LlamaLibraryOptions Libraries { get; init; } = new();

    /// <summary>All fields out of range, empty when there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Require(ModelPath.Length > 0, "ModelPath is empty");
        RequireRange(Slots, 1, EngineLimits.Slots, nameof(Slots));
        Require(ContextTokens == 0 || ContextTokens is >= 64 and <= EngineLimits.ContextTokens, $"ContextTokens must be 0 or 64 to {EngineLimits.ContextTokens}");
        RequireRange(ChunkTokens, 2, EngineLimits.ChunkTokens, nameof(ChunkTokens));
        RequireRange(Threads, 1, EngineLimits.Threads, nameof(Threads));
        RequireRange(QueueLimit, 0, EngineLimits.Queue, nameof(QueueLimit));
        RequireRange(CheckQueueLimit, 1, EngineLimits.Queue, nameof(CheckQueueLimit));
        RequireRange(DecodeSeconds, 1, EngineLimits.DecodeSeconds, nameof(DecodeSeconds));
        return problems;

        void RequireRange(int value, int least, int most, string name) =>
            Require(value >= least && value <= most, $"{name} must be {least} to {most}, not {value}");

        void Require(bool condition, string problem)
        {
            if (!condition)
                problems.Add(problem);
        }
    }
}

/// <summary>Bounds of an engine.</summary>
public static class EngineLimits
{
    /// <summary>llama.cpp runs up to 256 sequences in a context; one of ours is kept for checks.</summary>
    public const int Slots = 255;

    /// <summary>Tokens of one sequence: the largest context window in common use.</summary>
    public const int ContextTokens = 131_072;

    /// <summary>Tokens of one sequence when nothing is configured: a model trained on 128k would take gigabytes of cache for each slot.</summary>
    public const int DefaultContextTokens = 4096;

    /// <summary>Tokens of one llama_decode.</summary>
    public const int ChunkTokens = 2048;

    /// <summary>Threads of one context.</summary>
    public const int Threads = 256;

    /// <summary>Tasks waiting: beyond this the wait is longer than any deadline.</summary>
    public const int Queue = 4096;

    /// <summary>Seconds of one decode: a chunk of 2,048 tokens through 70 billion weights on a slow processor.</summary>
    public const int DecodeSeconds = 3600;

    /// <summary>Times an engine loads its model again after a decode that could not be ended: a machine on which that goes on needs a person.</summary>
    public const int ReloadsMax = 3;

    /// <summary>Bytes of logits that one chunk of a check may ask for: with 256,000 tokens in the vocabulary still 64 positions at once.</summary>
    public const int CheckLogitBytes = 64 << 20;
}
