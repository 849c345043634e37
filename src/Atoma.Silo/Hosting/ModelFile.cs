using Atoma.Inference.Engine;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;

namespace Atoma.Silo.Hosting;

/// <summary>A model to serve.</summary>
/// <param name="Id">The model's name for clients.</param>
/// <param name="Path">GGUF file.</param>
public sealed record ModelFile(string Id, string Path)
{
    /// <summary>What <c>--model</c> takes, for its help.</summary>
    public const string Help = "GGUF file to serve, or NAME=FILE to give it another name than the file's; may be repeated. The demo model by default.";

    /// <summary>Of what <c>--model</c> was given; the demo model when it was not.</summary>
    public static IReadOnlyList<ModelFile> Of(IReadOnlyCollection<string>? given) => given is { Count: > 0 } ? [.. given.Select(Of)] : [Of(ModelFiles.Demo())];

    /// <summary>A file whose name has an equals sign needs a name of its own.</summary>
    public static ModelFile Of(string given)
    {
        var at = given.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? new ModelFile(ModelNames.OfFile(given), given) : new ModelFile(given[..at], given[(at + 1)..]);
    }

    /// <summary>Everything that is wrong with a list of them; empty when nothing is.</summary>
    public static IEnumerable<string> Problems(IReadOnlyCollection<ModelFile> models)
    {
        if (models.Count > NodeLimits.SubscriptionsMax)
            yield return $"{models.Count} models are given with --model, a node serves at most {NodeLimits.SubscriptionsMax}.";
        foreach (var model in models)
        {
            if (!ModelManifest.IsId(model.Id))
                yield return $"'{model.Id}' is no name of a model: 1 to {ModelLimits.IdLength} lower-case letters, digits, '-', '.', '_' and '/'.";
            if (!File.Exists(model.Path))
                yield return $"There is no model file {model.Path}. Name a GGUF file with --model.";
        }

        foreach (var twice in models.GroupBy(m => m.Id).Where(g => g.Count() > 1))
            yield return $"{twice.Count()} models are called {twice.Key}. Give each a name with --model NAME=FILE.";
    }
}
