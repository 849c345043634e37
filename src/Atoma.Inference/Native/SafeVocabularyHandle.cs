using System.Runtime.InteropServices;
using Atoma.Protocol.Common;

namespace Atoma.Inference.Native;

/// <summary>A model's <c>llama_vocab</c>. The model owns the memory; this handle only keeps the model alive.</summary>
internal sealed class SafeVocabularyHandle : SafeHandle
{
    private readonly SafeModelHandle _model;

    public SafeVocabularyHandle(SafeModelHandle model)
        : base(0, ownsHandle: true)
    {
        var held = false;
        model.DangerousAddRef(ref held);
        _model = model;
        SetHandle(LlamaApi.llama_model_get_vocab(model));
        Invariant.Assert(!IsInvalid);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _model.DangerousRelease();
        return true;
    }
}
