using System.Runtime.InteropServices;

namespace Atoma.Inference.Native;

/// <summary>
/// Owns a <c>llama_context</c> and keeps its model alive: whatever the order in which the two are disposed,
/// the library frees the context first.
/// </summary>
internal sealed class SafeContextHandle : SafeHandle
{
    private SafeModelHandle? _model;

    public SafeContextHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <exception cref="InferenceException">The library could not make the context (usually: not enough memory).</exception>
    public static SafeContextHandle Create(SafeModelHandle model, LlamaContextParams parameters)
    {
        LlamaLog.TakeLastError();
        var held = false;
        model.DangerousAddRef(ref held);
        var context = LlamaApi.llama_init_from_model(model, parameters);
        if (context.IsInvalid)
        {
            context.Dispose();
            model.DangerousRelease();
            throw new InferenceException(InferenceError.ContextRefused,
                $"llama.cpp could not make a context of {parameters.n_ctx} tokens for {parameters.n_seq_max} sequences: {LlamaLog.TakeLastError() ?? "it gave no reason"}");
        }

        context._model = model;
        return context;
    }

    protected override bool ReleaseHandle()
    {
        LlamaApi.llama_free(handle);
        _model?.DangerousRelease();
        return true;
    }
}
