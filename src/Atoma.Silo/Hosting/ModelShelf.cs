using Atoma.Inference.Native;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Models;

namespace Atoma.Silo.Hosting;

/// <summary>The vocabularies of the models that this coordinator serves; no weights.</summary>
internal sealed class ModelShelf : ITokenizers, IDisposable
{
    private readonly Lazy<ModelVocabulary> _model;

    public ModelShelf(SiloSettings settings, ILogger<ModelShelf> log) =>
        _model = new Lazy<ModelVocabulary>(() => ModelVocabulary.Load(settings.ModelPath, settings.ModelId, settings.Libraries, log));

    public ModelManifest Manifest => _model.Value.Manifest;

    public ITokenizer? Find(string model) => model == Manifest.Id ? _model.Value.Tokenizer : null;

    public void Dispose()
    {
        if (_model.IsValueCreated)
            _model.Value.Dispose();
    }
}
