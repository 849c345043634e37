using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Atoma.Inference.Native;

// Layouts of llama.h 0.5.0 (npm package 3.22.1). Names are the header's own, so that the two can be laid
// side by side. bool is a byte, which keeps the structs blittable. LlamaAbi checks them when the library loads.

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaModelParams
{
    public void** devices;
    public void* tensor_buft_overrides;
    public int n_gpu_layers;
    public int split_mode;
    public int load_mode;
    public int lazy_mode;
    public int main_gpu;
    public float* tensor_split;
    public void* progress_callback;
    public void* progress_callback_user_data;
    public void* kv_overrides;
    public byte vocab_only;
    public byte check_tensors;
    public byte use_extra_bufts;
    public byte no_host;
    public byte no_alloc;
    public byte load_mtp;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaContextParams
{
    public uint n_ctx;
    public uint n_batch;
    public uint n_ubatch;
    public uint n_seq_max;
    public uint n_rs_seq;
    public uint n_outputs_max;
    public uint n_outputs_max_per_seq;
    public int n_threads;
    public int n_threads_batch;
    public int ctx_type;
    public int rope_scaling_type;
    public int pooling_type;
    public int attention_type;
    public int flash_attn_type;
    public float rope_freq_base;
    public float rope_freq_scale;
    public float yarn_ext_factor;
    public float yarn_attn_factor;
    public float yarn_beta_fast;
    public float yarn_beta_slow;
    public uint yarn_orig_ctx;
    public float defrag_thold;
    public void* cb_eval;
    public void* cb_eval_user_data;
    public int type_k;
    public int type_v;
    public void* abort_callback;
    public void* abort_callback_data;
    public byte embeddings;
    public byte offload_kqv;
    public byte no_perf;
    public byte op_offload;
    public byte swa_full;
    public byte kv_unified;
    public void* samplers;
    public nuint n_samplers;
    public void* ctx_other;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaBatch
{
    public int n_tokens;
    public int* token;
    public float* embd;
    public int* pos;
    public int* n_seq_id;
    public int** seq_id;
    public sbyte* logits;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaQuantizeParams
{
    public int nthread;
    public int ftype;
    public int output_tensor_type;
    public int token_embedding_type;
    public byte allow_requantize;
    public byte quantize_output_tensor;
    public byte only_copy;
    public byte pure;
    public byte keep_split;
    public byte dry_run;
    public void* imatrix;
    public void* kv_overrides;
    public void* tt_overrides;
    public void* prune_layers;
    public nuint max_buf_size;
}

/// <summary>Room for any struct the library returns by value, larger than all of them: what it really writes is then seen.</summary>
[InlineArray(Length)]
internal struct AbiProbe
{
    public const int Length = 256;
    private byte _first;
}

/// <summary>The values of llama.h's enums that the engine sets.</summary>
internal static class LlamaConstants
{
    public const int FlashAttentionEnabled = 1;
    public const int PoolingNone = 0;
    public const int GgmlTypeF16 = 1;
    public const int GgmlTypeBf16 = 30;
    public const int TokenAttributeUnknown = 1 << 0;
    public const int TokenAttributeControl = 1 << 3;
    public const int NoToken = -1;
}
