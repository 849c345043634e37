using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Atoma.Protocol.Common;

namespace Atoma.Inference.Native;

/// <summary>
/// A llama.cpp context and what each of its sequences holds. With an invariant recipe it is used only in shapes whose logits do
/// not depend on what else is computed (DESIGN, "Invariant mode"): every llama_decode is one micro-batch of tokens of one
/// sequence, or of equally many for each of the sequences lo..hi, filled up with throw-away tokens to the rows the recipe asks
/// for. One thread owns an instance; only <see cref="Abort"/> may be called from another.
/// </summary>
internal sealed unsafe class DecodeContext : IDisposable
{
    /// <summary>Any token will do for filling: its row is ignored and its cell removed.</summary>
    private const int FillToken = 0;

    /// <summary>llama.cpp pads a sequence's cells to this.</summary>
    private const int CellsMultiple = 256;

    private readonly SafeContextHandle _context;
    private readonly DecodeBatch _batch;
    private readonly ContextRecipe _recipe;
    private readonly ContextShape _shape;
    private readonly nint _memory;
    private readonly int _vocabularySize;
    private readonly int _rowLength;
    private readonly List<int>[] _tokens;
    private readonly int[] _rowOf;
    private bool _hidden;
    /// <summary>Pinned, and the collector's: a late <see cref="Abort"/> of a freed context writes to no one's memory.</summary>
    private readonly int[] _abort = GC.AllocateArray<int>(1, pinned: true);

    /// <exception cref="InferenceException">llama.cpp could not make it.</exception>
    public DecodeContext(SafeModelHandle model, ContextRecipe recipe, ContextShape shape, int vocabularySize)
    {
        Invariant.Assert(shape.Sequences >= 2);
        Invariant.Assert(shape.ChunkTokens >= 2);
        _recipe = recipe;
        _shape = shape;
        _vocabularySize = vocabularySize;
        _rowLength = LlamaApi.llama_model_n_embd_out(model);
        _tokens = [.. Enumerable.Range(0, shape.Sequences).Select(_ => new List<int>())];
        _rowOf = new int[shape.Sequences];

        var rows = RowsOf(recipe, shape);
        var p = LlamaApi.llama_context_default_params();
        p.n_ctx = (uint)(CellsOf(recipe, shape.ContextTokens) * shape.Sequences);
        p.n_batch = p.n_ubatch = (uint)rows;
        p.n_seq_max = (uint)shape.Sequences;
        p.n_outputs_max = (uint)OutputsOf(recipe, shape);
        p.n_threads = p.n_threads_batch = shape.Threads;
        p.kv_unified = 0;
        p.flash_attn_type = recipe.FlashAttention;
        // Rows are pooled by us, so that filling and chunks have no part in it.
        if (shape.IsPooled)
            p.pooling_type = LlamaConstants.PoolingNone;
        p.type_k = recipe.TypeK;
        p.type_v = recipe.TypeV;
        p.abort_callback = (delegate* unmanaged[Cdecl]<int*, byte>)&IsAborted;
        p.abort_callback_data = (void*)Marshal.UnsafeAddrOfPinnedArrayElement(_abort, 0);
        _context = SafeContextHandle.Create(model, p);
        _memory = LlamaApi.llama_get_memory(_context);
        Invariant.Assert(LlamaApi.llama_n_ctx_seq(_context) >= shape.ContextTokens);
        _batch = new DecodeBatch(rows);
    }

    /// <summary>Cells that llama.cpp keeps for one sequence of so many tokens; there is room for a full sequence's filling.</summary>
    public static int CellsOf(ContextRecipe recipe, int contextTokens) =>
        (contextTokens + recipe.RowsMultiple + CellsMultiple - 1) / CellsMultiple * CellsMultiple;

    /// <summary>Most rows of one decode.</summary>
    public static int RowsOf(ContextRecipe recipe, ContextShape shape) =>
        recipe.RowsFor(Math.Max(shape.ChunkTokens, shape.Sequences * recipe.RowsMultiple));

    /// <summary>Most rows of one decode whose logits are computed.</summary>
    public static int OutputsOf(ContextRecipe recipe, ContextShape shape) =>
        Math.Min(RowsOf(recipe, shape), Math.Max(recipe.RowsFor(shape.RowsMax + recipe.RowsMultiple), recipe.RowsFor(shape.Sequences * recipe.RowsMultiple)));

    /// <summary>Number of sequences.</summary>
    public int Sequences => _tokens.Length;

    /// <summary>Tokens that a sequence holds.</summary>
    public int Length(int sequence) => _tokens[sequence].Count;

    /// <summary>The tokens themselves; valid until the sequence changes.</summary>
    public ReadOnlySpan<int> Tokens(int sequence) => CollectionsMarshal.AsSpan(_tokens[sequence]);

    /// <summary>Appends tokens to one sequence. Afterwards <see cref="PrefillLogits"/> gives the rows asked for.</summary>
    /// <param name="sequence">Sequence number.</param>
    /// <param name="tokens">1 to ChunkTokens.</param>
    /// <param name="rows">How many of the last tokens' logits are wanted, 0 to RowsMax.</param>
    /// <param name="hidden">Whether their rows of the last layer are wanted too (<see cref="PrefillHidden"/>); the library then wants all tokens' rows.</param>
    /// <exception cref="DecodeException">The sequence's cells are no longer to be trusted: clear it.</exception>
    public void Prefill(int sequence, ReadOnlySpan<int> tokens, int rows, bool hidden = false)
    {
        Invariant.Assert(!tokens.IsEmpty);
        Invariant.Assert(tokens.Length <= _shape.ChunkTokens);
        Invariant.Assert(rows <= Math.Min(tokens.Length, _shape.RowsMax));
        Invariant.Assert(!hidden || rows == tokens.Length);
        Invariant.Assert(Length(sequence) + tokens.Length <= _shape.ContextTokens);
        var total = _recipe.RowsFor(tokens.Length);
        var flagged = _recipe.OneMicroBatch ? _recipe.RowsFor(rows + total - tokens.Length) : rows;
        _batch.Clear();
        for (var i = 0; i < total; i++)
            _batch.Add(i < tokens.Length ? tokens[i] : FillToken, Length(sequence) + i, sequence, wantLogits: i >= total - flagged);
        Decode(hidden);
        _tokens[sequence].AddRange(tokens);
        if (total > tokens.Length)
            Truncate(sequence);
        _rowOf[sequence] = tokens.Length - 1;
    }

    /// <summary>Tokens beyond one that a step over the sequences lo..hi takes of each at no cost: rows that would be filling otherwise.</summary>
    public int IdleRows(int low, int high) => _recipe.OneMicroBatch ? Lanes(low, high).Each - 1 : 0;

    /// <summary>Appends one token to each of some sequences, and guesses behind it. Afterwards <see cref="Logits"/> gives the rows of each.</summary>
    /// <param name="tokens">At least one, ascending by sequence; at most <see cref="IdleRows"/> guesses each. Whoever does not confirm them cuts them off with <see cref="Keep"/>.</param>
    /// <exception cref="DecodeException">The sequences' cells are no longer to be trusted: clear them.</exception>
    public void Step(ReadOnlySpan<SequenceToken> tokens)
    {
        Invariant.Assert(!tokens.IsEmpty);
        if (_recipe.OneMicroBatch)
            StepWithoutGaps(tokens);
        else
            StepAsGiven(tokens);
    }

    /// <summary>Logits of a sequence that the last <see cref="Step"/> or <see cref="Prefill"/> advanced, after its token and so many guesses, or after the last of its prefill; valid until the next one.</summary>
    public ReadOnlySpan<float> Logits(int sequence, int guesses = 0) => Row(_rowOf[sequence] + guesses);

    /// <summary>Logits after the token <paramref name="back"/> places before the last one of the last prefill.</summary>
    public ReadOnlySpan<float> PrefillLogits(int sequence, int back) => Row(_rowOf[sequence] - back);

    /// <summary>Row of the last layer, after its norm, of the token <paramref name="back"/> places before the last one of the last prefill that asked for it.</summary>
    public ReadOnlySpan<float> PrefillHidden(int sequence, int back)
    {
        var row = LlamaApi.llama_get_embeddings_ith(_context, _rowOf[sequence] - back);
        Invariant.Assert(row is not null);
        return new ReadOnlySpan<float>(row, _rowLength);
    }

    /// <summary>Forgets a sequence.</summary>
    public void Clear(int sequence) => Keep(sequence, 0);

    /// <summary>Keeps the first tokens of a sequence and forgets the rest, so that another task with the same prefix can go on from there.</summary>
    public void Keep(int sequence, int tokens)
    {
        Invariant.Assert(tokens >= 0);
        Invariant.Assert(tokens <= Length(sequence));
        CollectionsMarshal.SetCount(_tokens[sequence], tokens);
        Truncate(sequence);
    }

    /// <summary>Makes the first tokens of one sequence the whole of another.</summary>
    public void Copy(int from, int to, int tokens)
    {
        Invariant.Assert(from != to);
        Invariant.Assert(tokens <= Length(from));
        // Streams of their own can only be copied whole (llama.cpp asserts it); the tail is cut off afterwards.
        LlamaApi.llama_memory_seq_cp(_memory, from, to, -1, -1);
        _tokens[to].Clear();
        _tokens[to].AddRange(_tokens[from]);
        Keep(to, tokens);
    }

    /// <summary>From any thread: the decode that runs, and every later one, ends with <see cref="DecodeException.Aborted"/>.</summary>
    public void Abort() => Volatile.Write(ref _abort[0], 1);

    public void Dispose()
    {
        _context.Dispose();
        _batch.Dispose();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsAborted(int* flag) => (byte)Volatile.Read(ref *flag);

    private void StepAsGiven(ReadOnlySpan<SequenceToken> tokens)
    {
        _batch.Clear();
        foreach (var token in tokens)
        {
            _rowOf[token.Sequence] = _batch.Count;
            _batch.Add(token.Token, Length(token.Sequence), token.Sequence, wantLogits: true);
        }

        Decode();
        Append(tokens);
    }

    private void Append(ReadOnlySpan<SequenceToken> tokens)
    {
        foreach (var token in tokens)
        {
            _tokens[token.Sequence].Add(token.Token);
            _tokens[token.Sequence].AddRange(token.Guesses.Span);
        }
    }

    private void StepWithoutGaps(ReadOnlySpan<SequenceToken> tokens)
    {
        var (low, high, each) = Lanes(tokens[0].Sequence, tokens[^1].Sequence);
        _batch.Clear();
        var next = 0;
        for (var sequence = low; sequence <= high; sequence++)
        {
            var isFill = next >= tokens.Length || tokens[next].Sequence != sequence;
            var token = isFill ? new SequenceToken(sequence, FillToken) : tokens[next++];
            Invariant.Assert(token.Guesses.Length < each);
            _rowOf[sequence] = _batch.Count;
            _batch.Add(token.Token, Length(sequence), sequence, wantLogits: true);
            for (var i = 1; i < each; i++)
                _batch.Add(i <= token.Guesses.Length ? token.Guesses.Span[i - 1] : FillToken, Length(sequence) + i, sequence, wantLogits: true);
        }

        Invariant.Assert(next == tokens.Length);
        try
        {
            Decode();
            Append(tokens);
        }
        finally
        {
            // Also after a failure: a sequence that only filled a gap goes on, and must not keep the filling.
            for (var sequence = low; sequence <= high; sequence++)
                Truncate(sequence);
        }
    }

    /// <summary>
    /// The sequences lo..hi of a step and the tokens of each, in as few rows as the recipe allows: more tokens of each where they
    /// come out even (there is room for guesses then), else more sequences, and where those run out, more rows.
    /// </summary>
    private (int Low, int High, int Each) Lanes(int low, int high)
    {
        var count = high - low + 1;
        var wanted = _recipe.RowsFor(count);
        if (wanted % count != 0 && wanted <= _shape.Sequences)
        {
            var up = Math.Min(_shape.Sequences - 1, low + wanted - 1);
            return (up - wanted + 1, up, 1);
        }

        for (var each = wanted / count; ; each++)
        {
            if (_recipe.RowsFor(count * each) == count * each)
                return (low, high, each);
        }
    }

    private void Truncate(int sequence)
    {
        var removed = LlamaApi.llama_memory_seq_rm(_memory, sequence, Length(sequence), -1);
        Invariant.Assert(removed != 0);
    }

    private ReadOnlySpan<float> Row(int row)
    {
        var logits = LlamaApi.llama_get_logits_ith(_context, row);
        Invariant.Assert(logits is not null);
        return new ReadOnlySpan<float>(logits, _vocabularySize);
    }

    private void Decode(bool hidden = false)
    {
        if (hidden != _hidden)
            LlamaApi.llama_set_embeddings(_context, hidden ? (byte)1 : (byte)0);
        _hidden = hidden;
        var code = LlamaApi.llama_decode(_context, _batch.Native);
        if (code != 0)
            throw new DecodeException(code);
    }
}

/// <summary>The next token of one sequence.</summary>
/// <param name="Sequence">Sequence number.</param>
/// <param name="Token">To be appended.</param>
/// <param name="Guesses">What may come after it.</param>
internal readonly record struct SequenceToken(int Sequence, int Token, ReadOnlyMemory<int> Guesses = default);
