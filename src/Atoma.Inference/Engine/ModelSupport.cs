using Atoma.Inference.Gguf;
using Atoma.Inference.Native;

namespace Atoma.Inference.Engine;

/// <summary>Which models the engine runs: those that generate text, and of them those whose bit-equality was measured.</summary>
internal static class ModelSupport
{
    /// <exception cref="InferenceException">Not one of them.</exception>
    public static void Require(GgufModel model, SafeModelHandle handle, bool allowUnproven)
    {
        if (LlamaApi.llama_model_has_decoder(handle) == 0 || LlamaApi.llama_model_has_encoder(handle) != 0)
            throw Refused(model, "it is not a plain text generator (it has an encoder, or no decoder)");
        if (LlamaApi.llama_model_is_diffusion(handle) != 0)
            throw Refused(model, "it generates by diffusion, not token by token");
        // Their state cannot be cut back by one token, which filling a gap in a batch needs.
        if (LlamaApi.llama_model_is_recurrent(handle) != 0 || LlamaApi.llama_model_is_hybrid(handle) != 0)
            throw Refused(model, "it keeps a recurrent state, which the batching of invariant mode cannot undo");
        if (allowUnproven)
            return;
        if (model.Experts > 0)
            throw Refused(model, "it is a mixture of experts, for which bit-equal answers have not been shown (AllowUnprovenModels takes it all the same)");
        if (LlamaApi.llama_model_n_swa(handle) > 0)
            throw Refused(model, "it uses sliding-window attention, for which bit-equal answers have not been shown (AllowUnprovenModels takes it all the same)");
    }

    private static InferenceException Refused(GgufModel model, string reason) =>
        new(InferenceError.ModelNotInvariant, $"The model {model.Path} ({model.Architecture}) is refused: {reason}.");
}
