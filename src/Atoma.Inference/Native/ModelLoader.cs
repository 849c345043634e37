using Atoma.Inference.Gguf;
using Atoma.Protocol.Common;

namespace Atoma.Inference.Native;

/// <summary>Hands a checked model file to llama.cpp.</summary>
internal static class ModelLoader
{
    /// <summary>The vocabulary and metadata alone, no weights.</summary>
    public static SafeModelHandle LoadVocabulary(GgufModel model) => Load(model, vocabularyOnly: true, repack: false);

    /// <summary>With weights, on the CPU, laid out as the recipe wants them.</summary>
    public static SafeModelHandle LoadWeights(GgufModel model, ContextRecipe recipe) => Load(model, vocabularyOnly: false, recipe.Repack);

    private static SafeModelHandle Load(GgufModel model, bool vocabularyOnly, bool repack)
    {
        Invariant.Assert(LlamaRuntime.Files is not null);
        var parameters = LlamaApi.llama_model_default_params();
        parameters.n_gpu_layers = 0;
        parameters.use_extra_bufts = repack ? (byte)1 : (byte)0;
        parameters.vocab_only = vocabularyOnly ? (byte)1 : (byte)0;
        LlamaLog.TakeLastError();
        var handle = LlamaApi.llama_model_load_from_file(model.Path, parameters);
        if (!handle.IsInvalid)
            return handle;
        handle.Dispose();
        throw new InferenceException(InferenceError.ModelRefused,
            $"llama.cpp could not load {model.Path} ({model.Architecture}, {model.Quantisation}, {model.FileBytes} bytes): {LlamaLog.TakeLastError() ?? "it gave no reason"}");
    }
}
