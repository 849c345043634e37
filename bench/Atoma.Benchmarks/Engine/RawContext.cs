using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Benchmarks.Engine;

/// <summary>What a node may run that is not our engine.</summary>
/// <param name="Repack">Weights in the layout that is fastest on this processor.</param>
/// <param name="CacheTypeK">llama.cpp's number of the type of cached keys; F16 by default, as the library's.</param>
/// <param name="CacheTypeV">Of cached values.</param>
/// <param name="FlashAttention">−1 lets the library choose.</param>
internal sealed record RawOptions(bool Repack = true, int CacheTypeK = LlamaConstants.GgmlTypeF16, int CacheTypeV = LlamaConstants.GgmlTypeF16, int FlashAttention = -1)
{
    private const int GgmlTypeQ80 = 8;

    /// <summary>As llama.cpp comes.</summary>
    public static RawOptions Defaults { get; } = new();

    /// <summary>The flags of invariant mode, without our engine around them.</summary>
    public static RawOptions Invariant { get; } = new(false, LlamaConstants.GgmlTypeF16, LlamaConstants.GgmlTypeBf16, LlamaConstants.FlashAttentionEnabled);

    /// <summary>A cache of half the size.</summary>
    public static RawOptions QuantisedCache { get; } = new(false, GgmlTypeQ80, GgmlTypeQ80, LlamaConstants.FlashAttentionEnabled);
}

/// <summary>A llama.cpp context with any flags, which generates in lockstep and can be made to answer with given tokens: what a cheat would write.</summary>
internal sealed unsafe class RawContext : IDisposable
{
    /// <summary>llama.cpp's own default for the tokens of one micro-batch.</summary>
    private const int MicroBatch = 512;

    private readonly SafeModelHandle _model;
    private readonly SafeContextHandle _context;
    private readonly nint _memory;
    private readonly DecodeBatch _batch;
    private readonly Sampler _sampler = new();
    private readonly int _vocabularySize;
    private readonly int _contextTokens;
    private readonly int _sequences;

    /// <param name="path">GGUF file; the library is initialised.</param>
    /// <param name="options">Flags.</param>
    /// <param name="contextTokens">Tokens of one sequence.</param>
    /// <param name="sequences">Answers written at a time.</param>
    public RawContext(string path, RawOptions options, int contextTokens, int sequences = 32)
    {
        var gguf = GgufModel.Open(path);
        var parameters = LlamaApi.llama_model_default_params();
        parameters.n_gpu_layers = 0;
        parameters.use_extra_bufts = options.Repack ? (byte)1 : (byte)0;
        _model = LlamaApi.llama_model_load_from_file(gguf.Path, parameters);
        Invariant.Assert(!_model.IsInvalid);
        var p = LlamaApi.llama_context_default_params();
        p.n_ctx = (uint)(contextTokens * sequences);
        p.n_batch = (uint)contextTokens;
        p.n_ubatch = (uint)Math.Min(contextTokens, MicroBatch);
        p.n_seq_max = (uint)sequences;
        p.n_outputs_max = (uint)contextTokens;
        p.n_threads = p.n_threads_batch = 1;
        p.flash_attn_type = options.FlashAttention;
        p.type_k = options.CacheTypeK;
        p.type_v = options.CacheTypeV;
        _context = SafeContextHandle.Create(_model, p);
        _memory = LlamaApi.llama_get_memory(_context);
        _batch = new DecodeBatch(contextTokens);
        _vocabularySize = gguf.VocabularySize;
        _contextTokens = contextTokens;
        _sequences = sequences;
    }

    /// <summary>One prefill, nothing looked at.</summary>
    /// <param name="tokens">At most the context.</param>
    /// <param name="rows">Of the last tokens, how many logits are computed.</param>
    public void Prefill(int[] tokens, int rows)
    {
        LlamaApi.llama_memory_seq_rm(_memory, 0, -1, -1);
        Feed(0, 0, tokens, rows);
        // The library computes when it is asked for a result.
        Row(tokens.Length - 1);
    }

    /// <summary>Answers of exactly max_tokens tokens, whatever would end them.</summary>
    /// <param name="tasks">What is asked.</param>
    /// <param name="model">The digest to claim.</param>
    /// <param name="forced">At each task's position, a token to put in instead of the sampler's: of its runners-up, by rank.</param>
    public IEnumerable<Transcript> Generate(IEnumerable<GenerationTask> tasks, Hash32 model, Func<int, (int Position, int Rank)>? forced = null)
    {
        var index = 0;
        foreach (var group in tasks.Chunk(_sequences))
        {
            Writing[] all = [.. group.Select((task, slot) => new Writing(task, model, slot, forced?.Invoke(index + slot)))];
            index += group.Length;
            foreach (var writing in all)
            {
                LlamaApi.llama_memory_seq_rm(_memory, writing.Slot, -1, -1);
                Feed(writing.Slot, 0, [.. writing.Task.Prompt], lastRows: 1);
                Take(writing, _batch.Count - 1);
            }

            while (all.Any(w => !w.IsDone))
            {
                Writing[] going = [.. all.Where(w => !w.IsDone)];
                _batch.Clear();
                foreach (var writing in going)
                    _batch.Add(writing.LastToken, writing.Task.Prompt.Count + writing.Count - 1, writing.Slot, wantLogits: true);
                Decode();
                for (var row = 0; row < going.Length; row++)
                    Take(going[row], row);
            }

            foreach (var writing in all)
                yield return writing.Finish();
        }
    }

    /// <summary>Given output tokens with evidence from this model, made to look as if it had chosen them: the pre-fill attack.</summary>
    public Transcript Dress(GenerationTask task, IReadOnlyList<int> output, Hash32 model)
    {
        var transcript = new TranscriptBuilder(model, task.Prompt, task.Parameters);
        var state = new SamplingState(task.Parameters, task.Prompt);
        int[] all = [.. task.Prompt, .. output.Take(output.Count - 1)];
        Invariant.Assert(all.Length <= _contextTokens);
        LlamaApi.llama_memory_seq_rm(_memory, 0, -1, -1);
        Feed(0, 0, all, output.Count);
        for (var position = 0; position < output.Count; position++)
        {
            transcript.Add(Dressed(Row(all.Length - output.Count + position), state, output[position]));
            state.Accept(output[position]);
        }

        return transcript.Finish(FinishReason.Length);
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
        _batch.Dispose();
    }

    /// <summary>The token first, with its true probability; of the others only those that it beats, so that stage 1 has nothing to find.</summary>
    private PositionEvidence Dressed(ReadOnlySpan<float> logits, SamplingState state, int token)
    {
        var own = _sampler.Choose(logits, state);
        if (own.Token == token)
            return own;
        var normaliser = logits[own.Token] + own.Entries[0].LogProbability * -1;
        var first = new EvidenceEntry(token, SamplerMath.Quantise(logits[token] - normaliser));
        var score = Score(first);
        return new PositionEvidence([first, .. own.Entries.Where(e => e.Token != token && SamplerMath.Order(score, token, Score(e), e.Token) < 0)]);

        double Score(EvidenceEntry e)
        {
            Span<double> value = [state.Adjust(e.Token, e.Quanta)];
            SamplerMath.Score(value, [e.Token], state.Parameters, state.Position);
            return value[0];
        }
    }

    private void Take(Writing writing, int row) => writing.Add(_sampler.Choose(Row(row), writing.State));

    private void Feed(int sequence, int from, ReadOnlySpan<int> tokens, int lastRows)
    {
        _batch.Clear();
        for (var i = 0; i < tokens.Length; i++)
            _batch.Add(tokens[i], from + i, sequence, wantLogits: i >= tokens.Length - lastRows);
        Decode();
    }

    private void Decode()
    {
        var code = LlamaApi.llama_decode(_context, _batch.Native);
        Invariant.Assert(code == 0);
    }

    private ReadOnlySpan<float> Row(int row) => new(LlamaApi.llama_get_logits_ith(_context, row), _vocabularySize);

    /// <summary>One answer being written.</summary>
    private sealed class Writing(GenerationTask task, Hash32 model, int slot, (int Position, int Rank)? forced)
    {
        private readonly TranscriptBuilder _transcript = new(model, task.Prompt, task.Parameters);

        public GenerationTask Task => task;

        public int Slot => slot;

        public int Count => _transcript.Count;

        public bool IsDone => Count == task.Parameters.MaxTokens;

        public int LastToken { get; private set; }

        public SamplingState State { get; } = new(task.Parameters, task.Prompt);

        public void Add(PositionEvidence evidence)
        {
            if (forced is { } put && put.Position == Count && evidence.Entries.Count > put.Rank)
                evidence = new PositionEvidence([.. evidence.Entries.Skip(put.Rank)]);
            _transcript.Add(evidence);
            LastToken = evidence.Token;
            State.Accept(LastToken);
        }

        public Transcript Finish() => _transcript.Finish(FinishReason.Length);
    }
}
