using Atoma.Inference.Native;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Models;

namespace Atoma.Silo.Hosting;

/// <summary>The vocabularies of the models that this coordinator serves, each read when it is first asked for; no weights.</summary>
internal sealed class ModelShelf(SiloSettings settings, ILogger<ModelShelf> log) : ITokenizers, IDisposable
{
    private readonly Dictionary<string, Lazy<ModelVocabulary>> _models = settings.Models.ToDictionary(
        m => m.Id, m => new Lazy<ModelVocabulary>(() => ModelVocabulary.Load(m.Path, m.Id, settings.Libraries, log)), StringComparer.Ordinal);

    public ITokenizer? Find(string model) => _models.TryGetValue(model, out var vocabulary) ? vocabulary.Value.Tokenizer : null;

    public void Dispose()
    {
        foreach (var model in _models.Values.Where(m => m.IsValueCreated))
            model.Value.Dispose();
    }
}
