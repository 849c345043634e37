using System.Runtime.InteropServices;

namespace Atoma.Inference.Native;

/// <summary>
/// The functions of llama.h 0.5.0 that the engine calls. Library names are resolved by <see cref="LlamaRuntime"/>
/// to absolute paths; nothing here may be called before it has initialised.
/// </summary>
internal static unsafe partial class LlamaApi
{
    public const string Llama = "llama";
    public const string Ggml = "ggml";

    [LibraryImport(Llama)]
    public static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    [LibraryImport(Llama)]
    public static partial void llama_backend_init();

    [LibraryImport(Llama)]
    public static partial byte* llama_version();

    [LibraryImport(Ggml, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void* ggml_backend_load(string path);

    [LibraryImport(Llama)]
    public static partial LlamaModelParams llama_model_default_params();

    [LibraryImport(Llama)]
    public static partial LlamaContextParams llama_context_default_params();

    [LibraryImport(Llama)]
    public static partial LlamaQuantizeParams llama_model_quantize_default_params();

    // Models

    [LibraryImport(Llama, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeModelHandle llama_model_load_from_file(string path, LlamaModelParams parameters);

    [LibraryImport(Llama)]
    public static partial void llama_model_free(nint model);

    [LibraryImport(Llama, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint llama_model_quantize(string input, string output, LlamaQuantizeParams* parameters);

    [LibraryImport(Llama)]
    public static partial nint llama_model_get_vocab(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial int llama_model_n_ctx_train(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial int llama_model_n_embd_out(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial int llama_model_n_swa(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial byte llama_model_has_encoder(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial byte llama_model_has_decoder(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial byte llama_model_is_recurrent(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial byte llama_model_is_hybrid(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial byte llama_model_is_diffusion(SafeModelHandle model);

    [LibraryImport(Llama)]
    public static partial byte* llama_model_chat_template(SafeModelHandle model, byte* name);

    // Contexts. Not thread-safe: only the thread that owns the context calls these.

    [LibraryImport(Llama)]
    public static partial SafeContextHandle llama_init_from_model(SafeModelHandle model, LlamaContextParams parameters);

    [LibraryImport(Llama)]
    public static partial void llama_free(nint context);

    [LibraryImport(Llama)]
    public static partial nint llama_get_memory(SafeContextHandle context);

    [LibraryImport(Llama)]
    public static partial uint llama_n_ctx_seq(SafeContextHandle context);

    [LibraryImport(Llama)]
    public static partial int llama_decode(SafeContextHandle context, LlamaBatch batch);

    [LibraryImport(Llama)]
    public static partial float* llama_get_logits_ith(SafeContextHandle context, int row);

    [LibraryImport(Llama)]
    public static partial void llama_set_embeddings(SafeContextHandle context, byte embeddings);

    [LibraryImport(Llama)]
    public static partial float* llama_get_embeddings_ith(SafeContextHandle context, int row);

    [LibraryImport(Llama)]
    public static partial byte llama_memory_seq_rm(nint memory, int sequence, int from, int to);

    [LibraryImport(Llama)]
    public static partial void llama_memory_seq_cp(nint memory, int from, int to, int fromPosition, int toPosition);

    [LibraryImport(Llama)]
    public static partial int llama_memory_seq_pos_max(nint memory, int sequence);

    // Vocabulary. Thread-safe.

    [LibraryImport(Llama)]
    public static partial int llama_vocab_n_tokens(SafeVocabularyHandle vocabulary);

    [LibraryImport(Llama)]
    public static partial byte llama_vocab_is_eog(SafeVocabularyHandle vocabulary, int token);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_get_attr(SafeVocabularyHandle vocabulary, int token);

    [LibraryImport(Llama)]
    public static partial byte* llama_vocab_get_text(SafeVocabularyHandle vocabulary, int token);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_bos(SafeVocabularyHandle vocabulary);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_eos(SafeVocabularyHandle vocabulary);

    [LibraryImport(Llama)]
    public static partial byte llama_vocab_get_add_bos(SafeVocabularyHandle vocabulary);

    [LibraryImport(Llama)]
    public static partial int llama_tokenize(
        SafeVocabularyHandle vocabulary, byte* text, int textLength, int* tokens, int tokensMax, byte addSpecial, byte parseSpecial);

    [LibraryImport(Llama)]
    public static partial int llama_token_to_piece(
        SafeVocabularyHandle vocabulary, int token, byte* buffer, int length, int leftStrip, byte special);
}
