using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Protocol.Common;

namespace Atoma.Inference.Native;

/// <summary>Sizes of a context. None of them changes bits.</summary>
/// <param name="Sequences">At least 2: a decode step never has a single row.</param>
/// <param name="ContextTokens">Tokens of one sequence.</param>
/// <param name="ChunkTokens">Most tokens of one prefill.</param>
/// <param name="RowsMax">Most logit rows of one prefill.</param>
/// <param name="Threads">CPU threads.</param>
internal sealed record ContextShape(int Sequences, int ContextTokens, int ChunkTokens, int RowsMax, int Threads)
{
    /// <summary>What the options ask for, within what the model was trained for; one sequence more than slots is kept for checks.</summary>
    public static ContextShape For(GgufModel model, EngineOptions options)
    {
        var wanted = options.ContextTokens == 0 ? EngineLimits.DefaultContextTokens : options.ContextTokens;
        var rows = Math.Clamp(EngineLimits.CheckLogitBytes / sizeof(float) / model.VocabularySize, 2, options.ChunkTokens);
        return new ContextShape(options.Slots + 1, Math.Min(model.ContextLength, wanted), options.ChunkTokens, rows, options.Threads);
    }
}

/// <summary>llama_decode failed.</summary>
internal sealed class DecodeException(int code)
    : Exception($"llama_decode returned {code}{(code == 1 ? " (no free cells in the KV cache)" : "")}.")
{
    public int Code => code;
}

/// <summary>
/// A llama.cpp context used only in shapes whose logits do not depend on what else is computed (DESIGN, "Invariant mode"):
/// separate KV streams, flash attention on, K in F16 and V in BF16, and every llama_decode one micro-batch that is either
/// at least two tokens of one sequence with its last two rows or more flagged, or one token for each of the sequences
/// lo..hi, at least two, gaps filled with a throw-away token. One thread owns an instance.
/// </summary>
internal sealed unsafe class InvariantContext : IDisposable
{
    /// <summary>The flags of this recipe that change bits, as the echelon names them (P2.5).</summary>
    public const string NumericFlags = "invariant;fa=1;k=f16;v=bf16;repack=0;kv_unified=0;rows=2";

    /// <summary>Fewest rows of a decode, and of flagged rows in it: single rows take other kernels.</summary>
    private const int RowsMin = 2;

    /// <summary>Any token will do for a gap: its row is ignored and its cell removed.</summary>
    private const int FillToken = 0;

    /// <summary>llama.cpp pads a sequence's cells to this.</summary>
    private const int CellsMultiple = 256;

    private readonly SafeContextHandle _context;
    private readonly DecodeBatch _batch;
    private readonly ContextShape _shape;
    private readonly nint _memory;
    private readonly int _vocabularySize;
    private readonly int[] _lengths;
    private readonly int[] _rowOf;

    /// <exception cref="InferenceException">llama.cpp could not make it.</exception>
    public InvariantContext(SafeModelHandle model, ContextShape shape, int vocabularySize)
    {
        Invariant.Assert(shape.Sequences >= RowsMin);
        Invariant.Assert(shape.ChunkTokens >= RowsMin);
        _shape = shape;
        _vocabularySize = vocabularySize;
        _lengths = new int[shape.Sequences];
        _rowOf = new int[shape.Sequences];

        var rows = Math.Max(shape.ChunkTokens, shape.Sequences);
        var cells = CellsOf(shape.ContextTokens);
        var p = LlamaApi.llama_context_default_params();
        p.n_ctx = (uint)(cells * shape.Sequences);
        p.n_batch = p.n_ubatch = (uint)rows;
        p.n_seq_max = (uint)shape.Sequences;
        p.n_outputs_max = (uint)Math.Max(shape.RowsMax, shape.Sequences);
        p.n_threads = p.n_threads_batch = shape.Threads;
        p.kv_unified = 0;
        p.flash_attn_type = LlamaConstants.FlashAttentionEnabled;
        p.type_k = LlamaConstants.GgmlTypeF16;
        p.type_v = LlamaConstants.GgmlTypeBf16;
        _context = SafeContextHandle.Create(model, p);
        _memory = LlamaApi.llama_get_memory(_context);
        Invariant.Assert(LlamaApi.llama_n_ctx_seq(_context) >= shape.ContextTokens);
        _batch = new DecodeBatch(rows);
    }

    /// <summary>Cells that llama.cpp keeps for one sequence of so many tokens.</summary>
    public static int CellsOf(int contextTokens) => (contextTokens + CellsMultiple - 1) / CellsMultiple * CellsMultiple;

    /// <summary>Tokens that a sequence holds.</summary>
    public int Length(int sequence) => _lengths[sequence];

    /// <summary>Appends tokens to one sequence. Afterwards <see cref="PrefillLogits"/> gives the rows asked for.</summary>
    /// <param name="sequence">Sequence number.</param>
    /// <param name="tokens">1 to ChunkTokens.</param>
    /// <param name="rows">How many of the last tokens' logits are wanted, 0 to RowsMax.</param>
    /// <exception cref="DecodeException">The sequence's cells are no longer to be trusted: clear it.</exception>
    public void Prefill(int sequence, ReadOnlySpan<int> tokens, int rows)
    {
        Invariant.Assert(!tokens.IsEmpty);
        Invariant.Assert(tokens.Length <= _shape.ChunkTokens);
        Invariant.Assert(rows <= Math.Min(tokens.Length, _shape.RowsMax));
        Invariant.Assert(_lengths[sequence] + tokens.Length <= _shape.ContextTokens);
        if (tokens.Length < RowsMin)
        {
            Step([new SequenceToken(sequence, tokens[0])]);
            return;
        }

        _batch.Clear();
        var flaggedFrom = tokens.Length - Math.Max(rows, RowsMin);
        for (var i = 0; i < tokens.Length; i++)
            _batch.Add(tokens[i], _lengths[sequence] + i, sequence, wantLogits: i >= flaggedFrom);
        Decode();
        _lengths[sequence] += tokens.Length;
        _rowOf[sequence] = tokens.Length - 1;
    }

    /// <summary>Appends one token to each of some sequences. Afterwards <see cref="Logits"/> gives each one's row.</summary>
    /// <param name="tokens">At least one, ascending by sequence.</param>
    /// <exception cref="DecodeException">The sequences' cells are no longer to be trusted: clear them.</exception>
    public void Step(ReadOnlySpan<SequenceToken> tokens)
    {
        Invariant.Assert(!tokens.IsEmpty);
        var low = tokens[0].Sequence;
        var high = tokens[^1].Sequence;
        while (high - low + 1 < RowsMin)
        {
            if (high + 1 < _shape.Sequences)
                high++;
            else
                low--;
        }

        _batch.Clear();
        var next = 0;
        for (var sequence = low; sequence <= high; sequence++)
        {
            var isFill = next >= tokens.Length || tokens[next].Sequence != sequence;
            _rowOf[sequence] = _batch.Count;
            _batch.Add(isFill ? FillToken : tokens[next++].Token, _lengths[sequence], sequence, wantLogits: true);
        }

        Invariant.Assert(next == tokens.Length);
        try
        {
            Decode();
            foreach (var token in tokens)
                _lengths[token.Sequence]++;
        }
        finally
        {
            // Also after a failure: a sequence that only filled a gap goes on, and must not keep the filling.
            for (var sequence = low; sequence <= high; sequence++)
                Truncate(sequence);
        }
    }

    /// <summary>Logits after the last token of a sequence that the last <see cref="Step"/> or <see cref="Prefill"/> advanced; valid until the next one.</summary>
    public ReadOnlySpan<float> Logits(int sequence) => Row(_rowOf[sequence]);

    /// <summary>Logits after the token <paramref name="back"/> places before the last one of the last prefill.</summary>
    public ReadOnlySpan<float> PrefillLogits(int sequence, int back) => Row(_rowOf[sequence] - back);

    /// <summary>Forgets a sequence.</summary>
    public void Clear(int sequence) => Keep(sequence, 0);

    /// <summary>Keeps the first tokens of a sequence and forgets the rest, so that another task with the same prefix can go on from there.</summary>
    public void Keep(int sequence, int tokens)
    {
        Invariant.Assert(tokens >= 0);
        Invariant.Assert(tokens <= _lengths[sequence]);
        _lengths[sequence] = tokens;
        Truncate(sequence);
    }

    /// <summary>Makes the first tokens of one sequence the whole of another.</summary>
    public void Copy(int from, int to, int tokens)
    {
        Invariant.Assert(from != to);
        Invariant.Assert(tokens <= _lengths[from]);
        // Streams of their own can only be copied whole (llama.cpp asserts it); the tail is cut off afterwards.
        LlamaApi.llama_memory_seq_cp(_memory, from, to, -1, -1);
        _lengths[to] = _lengths[from];
        Keep(to, tokens);
    }

    public void Dispose()
    {
        _context.Dispose();
        _batch.Dispose();
    }

    private void Truncate(int sequence)
    {
        var removed = LlamaApi.llama_memory_seq_rm(_memory, sequence, _lengths[sequence], -1);
        Invariant.Assert(removed != 0);
    }

    private ReadOnlySpan<float> Row(int row)
    {
        var logits = LlamaApi.llama_get_logits_ith(_context, row);
        Invariant.Assert(logits is not null);
        return new ReadOnlySpan<float>(logits, _vocabularySize);
    }

    private void Decode()
    {
        var code = LlamaApi.llama_decode(_context, _batch.Native);
        if (code != 0)
            throw new DecodeException(code);
    }
}

/// <summary>The next token of one sequence.</summary>
internal readonly record struct SequenceToken(int Sequence, int Token);
