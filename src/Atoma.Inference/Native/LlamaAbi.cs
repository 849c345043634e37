using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Atoma.Inference.Native;

/// <summary>
/// Refuses a library whose structures are not the ones this build was written for, before any of them is
/// passed by value. Two looks at each <c>llama_*_default_params</c>: what the library writes must not reach past
/// our struct, and the fields that tell layouts apart must hold their known defaults at our offsets.
/// </summary>
internal static unsafe partial class LlamaAbi
{
    public const string Version = "0.5.0-dev";

    /// <exception cref="InferenceException">Version or layout differ.</exception>
    public static void Verify()
    {
        var version = Marshal.PtrToStringUTF8((nint)LlamaApi.llama_version()) ?? "";
        if (version != Version)
            throw Mismatch($"its version is {version}, this build is written for {Version}");

        VerifyModelParams();
        VerifyContextParams();
        VerifyQuantizeParams();
    }

    private static void VerifyModelParams()
    {
        var probe = Probe(&WriteModelParams, &ProbeModelParams);
        RequireExtent("llama_model_params", probe, sizeof(LlamaModelParams));
        var p = Unsafe.As<AbiProbe, LlamaModelParams>(ref probe);
        Require("llama_model_params", p.devices is null && p.n_gpu_layers == -1 && p.split_mode == 1 && p.load_mode == -1 && p.lazy_mode == 1);
        Require("llama_model_params", p.main_gpu == 0 && p.kv_overrides is null && p.vocab_only == 0 && p.check_tensors == 0);
        Require("llama_model_params", p.use_extra_bufts == 1 && p.no_host == 0 && p.no_alloc == 0 && p.load_mtp == 0);
    }

    private static void VerifyContextParams()
    {
        var probe = Probe(&WriteContextParams, &ProbeContextParams);
        RequireExtent("llama_context_params", probe, sizeof(LlamaContextParams));
        var p = Unsafe.As<AbiProbe, LlamaContextParams>(ref probe);
        Require("llama_context_params", p.n_ctx == 512 && p.n_batch == 2048 && p.n_ubatch == 512 && p.n_seq_max == 1);
        Require("llama_context_params", p.n_threads == 4 && p.n_threads_batch == 4 && p.flash_attn_type == -1 && p.attention_type == -1);
        Require("llama_context_params", p.yarn_ext_factor == -1 && p.yarn_beta_slow == -1 && p.yarn_orig_ctx == 0 && p.defrag_thold == -1);
        Require("llama_context_params", p.type_k == LlamaConstants.GgmlTypeF16 && p.type_v == LlamaConstants.GgmlTypeF16);
        Require("llama_context_params", p.offload_kqv == 1 && p.no_perf == 1 && p.op_offload == 1 && p.swa_full == 1 && p.kv_unified == 0);
        Require("llama_context_params", p.samplers is null && p.n_samplers == 0 && p.ctx_other is null);
    }

    private static void VerifyQuantizeParams()
    {
        var probe = Probe(&WriteQuantizeParams, &ProbeQuantizeParams);
        RequireExtent("llama_model_quantize_params", probe, sizeof(LlamaQuantizeParams));
        var p = Unsafe.As<AbiProbe, LlamaQuantizeParams>(ref probe);
        const int TypeCount = 43;
        Require("llama_model_quantize_params", p.nthread == 0 && p.ftype == 7 && p.output_tensor_type == TypeCount && p.token_embedding_type == TypeCount);
        Require("llama_model_quantize_params", p.allow_requantize == 0 && p.quantize_output_tensor == 1 && p.only_copy == 0 && p.dry_run == 0);
        Require("llama_model_quantize_params", p.max_buf_size == 8UL << 30 || p.max_buf_size == 0);
    }

    /// <summary>The caller's buffer starts as zeros; a byte set past our struct means that theirs is longer.</summary>
    private static void RequireExtent(string name, ReadOnlySpan<byte> probe, int size)
    {
        if (HasExtent && probe[size..].ContainsAnyExcept((byte)0))
            throw Mismatch($"{name} is longer than {size} bytes");
    }

    private static void Require(string name, bool known)
    {
        if (!known)
            throw Mismatch($"the defaults of {name} are not at the known offsets");
    }

    private static InferenceException Mismatch(string what) => new(InferenceError.LibraryMismatch,
        $"The llama.cpp library does not fit this build: {what}. Restore the pinned one (native/), or rebuild against yours.");

    // A structure this large is returned through a hidden pointer, which on x64 is the first argument, in the System V and the
    // Windows convention alike: so the library writes into a buffer that we filled with zeros. Elsewhere (arm64 passes it in
    // x8) it is returned by value into a larger buffer, where what lies past our struct says nothing.

    private static AbiProbe Probe(delegate*<AbiProbe*, nint> intoBuffer, delegate*<AbiProbe> byValue)
    {
        if (!HasExtent)
            return byValue();
        AbiProbe probe = default;
        intoBuffer(&probe);
        return probe;
    }

    private static bool HasExtent => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    [LibraryImport(LlamaApi.Llama, EntryPoint = "llama_model_default_params")]
    private static partial nint WriteModelParams(AbiProbe* probe);

    [LibraryImport(LlamaApi.Llama, EntryPoint = "llama_context_default_params")]
    private static partial nint WriteContextParams(AbiProbe* probe);

    [LibraryImport(LlamaApi.Llama, EntryPoint = "llama_model_quantize_default_params")]
    private static partial nint WriteQuantizeParams(AbiProbe* probe);

    [LibraryImport(LlamaApi.Llama, EntryPoint = "llama_model_default_params")]
    private static partial AbiProbe ProbeModelParams();

    [LibraryImport(LlamaApi.Llama, EntryPoint = "llama_context_default_params")]
    private static partial AbiProbe ProbeContextParams();

    [LibraryImport(LlamaApi.Llama, EntryPoint = "llama_model_quantize_default_params")]
    private static partial AbiProbe ProbeQuantizeParams();
}
