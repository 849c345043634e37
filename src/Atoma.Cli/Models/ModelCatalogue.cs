namespace Atoma.Cli.Models;

/// <summary>A model that can be asked for by name.</summary>
/// <param name="Name">What is typed.</param>
/// <param name="Repository">Repository on the hub.</param>
/// <param name="File">GGUF file in it.</param>
/// <param name="Size">About, for people.</param>
public sealed record CatalogueModel(string Name, string Repository, string File, string Size)
{
    public string Path => $"{Repository}/resolve/main/{File}";
}

/// <summary>
/// A few small chat models that run on a laptop. No hashes stand here: the hub announces the SHA-256 of each file with the
/// download, and that is what is checked. Whoever wants another trust root pins it with --url and --sha256.
/// </summary>
public static class ModelCatalogue
{
    public static IReadOnlyList<CatalogueModel> All { get; } =
    [
        new("qwen2.5-0.5b-instruct", "Qwen/Qwen2.5-0.5B-Instruct-GGUF", "qwen2.5-0.5b-instruct-q8_0.gguf", "0.7 GB"),
        new("qwen2.5-1.5b-instruct", "Qwen/Qwen2.5-1.5B-Instruct-GGUF", "qwen2.5-1.5b-instruct-q4_k_m.gguf", "1.1 GB"),
        new("tinyllama-1.1b-chat", "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF", "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf", "0.7 GB"),
        new("llama-3.2-1b-instruct", "bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama-3.2-1B-Instruct-Q4_K_M.gguf", "0.8 GB"),
    ];

    public static CatalogueModel? Find(string name) => All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));
}
