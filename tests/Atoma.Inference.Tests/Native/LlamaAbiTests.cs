using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;

namespace Atoma.Inference.Tests.Native;

/// <summary>Sizes and offsets as a C compiler gives them for llama.h 0.5.0.</summary>
public unsafe class LlamaAbiTests
{
    [Fact]
    public void Verify_PinnedLibrary_IsAccepted() => TestModels.InitialiseLibrary();

    [Fact]
    public void ModelParams_Layout_IsTheHeaders()
    {
        LlamaModelParams p;
        Assert.Equal(80, sizeof(LlamaModelParams));
        Assert.Equal(16, Offset(&p, &p.n_gpu_layers));
        Assert.Equal(20, Offset(&p, &p.split_mode));
        Assert.Equal(24, Offset(&p, &p.load_mode));
        Assert.Equal(28, Offset(&p, &p.lazy_mode));
        Assert.Equal(32, Offset(&p, &p.main_gpu));
        Assert.Equal(40, Offset(&p, &p.tensor_split));
        Assert.Equal(48, Offset(&p, &p.progress_callback));
        Assert.Equal(64, Offset(&p, &p.kv_overrides));
        Assert.Equal(72, Offset(&p, &p.vocab_only));
        Assert.Equal(74, Offset(&p, &p.use_extra_bufts));
        Assert.Equal(77, Offset(&p, &p.load_mtp));
    }

    [Fact]
    public void ContextParams_Layout_IsTheHeaders()
    {
        LlamaContextParams p;
        Assert.Equal(160, sizeof(LlamaContextParams));
        Assert.Equal(12, Offset(&p, &p.n_seq_max));
        Assert.Equal(20, Offset(&p, &p.n_outputs_max));
        Assert.Equal(28, Offset(&p, &p.n_threads));
        Assert.Equal(36, Offset(&p, &p.ctx_type));
        Assert.Equal(52, Offset(&p, &p.flash_attn_type));
        Assert.Equal(56, Offset(&p, &p.rope_freq_base));
        Assert.Equal(80, Offset(&p, &p.yarn_orig_ctx));
        Assert.Equal(88, Offset(&p, &p.cb_eval));
        Assert.Equal(104, Offset(&p, &p.type_k));
        Assert.Equal(108, Offset(&p, &p.type_v));
        Assert.Equal(112, Offset(&p, &p.abort_callback));
        Assert.Equal(128, Offset(&p, &p.embeddings));
        Assert.Equal(133, Offset(&p, &p.kv_unified));
        Assert.Equal(136, Offset(&p, &p.samplers));
        Assert.Equal(152, Offset(&p, &p.ctx_other));
    }

    [Fact]
    public void Batch_Layout_IsTheHeaders()
    {
        LlamaBatch b;
        Assert.Equal(56, sizeof(LlamaBatch));
        Assert.Equal(8, Offset(&b, &b.token));
        Assert.Equal(24, Offset(&b, &b.pos));
        Assert.Equal(32, Offset(&b, &b.n_seq_id));
        Assert.Equal(40, Offset(&b, &b.seq_id));
        Assert.Equal(48, Offset(&b, &b.logits));
    }

    [Fact]
    public void QuantizeParams_Layout_IsTheHeaders()
    {
        LlamaQuantizeParams p;
        Assert.Equal(64, sizeof(LlamaQuantizeParams));
        Assert.Equal(4, Offset(&p, &p.ftype));
        Assert.Equal(16, Offset(&p, &p.allow_requantize));
        Assert.Equal(24, Offset(&p, &p.imatrix));
        Assert.Equal(56, Offset(&p, &p.max_buf_size));
    }

    private static int Offset(void* start, void* field) => (int)((byte*)field - (byte*)start);
}
