using System.Runtime.InteropServices;

namespace Atoma.Inference.Native;

/// <summary>Owns a <c>llama_model</c>. Freed once no context and no vocabulary refers to it any more.</summary>
internal sealed class SafeModelHandle : SafeHandle
{
    public SafeModelHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LlamaApi.llama_model_free(handle);
        return true;
    }
}
