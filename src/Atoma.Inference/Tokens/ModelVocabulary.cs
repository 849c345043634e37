using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Tokens;

/// <summary>A model's manifest and tokenizer without its weights: what a coordinator needs to price and prepare a request.</summary>
public sealed class ModelVocabulary : IDisposable
{
    private readonly SafeModelHandle _model;
    private readonly LlamaTokenizer _tokenizer;

    private ModelVocabulary(SafeModelHandle model, LlamaTokenizer tokenizer, ModelManifest manifest)
    {
        _model = model;
        _tokenizer = tokenizer;
        Manifest = manifest;
    }

    public ModelManifest Manifest { get; }

    /// <summary>Works until this is disposed. Safe from many threads.</summary>
    public ITokenizer Tokenizer => _tokenizer;

    /// <summary>Reads the vocabulary and hashes the whole file: about a second for each gigabyte.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="modelId">The model's name for clients; null takes the file's.</param>
    /// <param name="libraries">The llama.cpp build; as for engines of this process.</param>
    /// <param name="logger">Takes llama.cpp's log.</param>
    /// <param name="time">What a chat template that asks for the date is told, in UTC; null takes the system's clock.</param>
    /// <exception cref="GgufException">The file is not a model that can be given to llama.cpp.</exception>
    /// <exception cref="InferenceException">Libraries or vocabulary could not be loaded, or the chat template is unknown.</exception>
    public static ModelVocabulary Load(string path, string? modelId, LlamaLibraryOptions libraries, ILogger logger, TimeProvider? time = null)
    {
        LlamaRuntime.Initialise(libraries, logger);
        var gguf = GgufModel.Open(path);
        var model = ModelLoader.LoadVocabulary(gguf);
        try
        {
            var tokenizer = new LlamaTokenizer(model, time);
            return new ModelVocabulary(model, tokenizer, EngineIdentity.Manifest(gguf, modelId, tokenizer.EndOfGeneration, CancellationToken.None));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _tokenizer.Dispose();
        _model.Dispose();
    }
}
