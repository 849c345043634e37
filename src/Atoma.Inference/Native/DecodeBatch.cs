using System.Runtime.InteropServices;
using Atoma.Protocol.Common;

namespace Atoma.Inference.Native;

/// <summary>The native arrays behind a <c>llama_batch</c> of bounded size, reused for every decode. Owned by the context's thread.</summary>
internal sealed unsafe class DecodeBatch : IDisposable
{
    private readonly int _capacity;
    private readonly int* _sequences;
    private LlamaBatch _batch;

    public DecodeBatch(int capacity)
    {
        _capacity = capacity;
        _batch.token = Allocate<int>();
        _batch.pos = Allocate<int>();
        _batch.n_seq_id = Allocate<int>();
        _batch.logits = Allocate<sbyte>();
        _sequences = Allocate<int>();
        _batch.seq_id = (int**)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(int*));
        for (var i = 0; i < capacity; i++)
        {
            _batch.n_seq_id[i] = 1;
            _batch.seq_id[i] = _sequences + i;
        }
    }

    /// <summary>The struct to pass to <c>llama_decode</c>; valid until the next change.</summary>
    public ref readonly LlamaBatch Native => ref _batch;

    public int Count => _batch.n_tokens;

    public void Clear() => _batch.n_tokens = 0;

    /// <param name="token">Token id.</param>
    /// <param name="position">Its position in its sequence, from 0.</param>
    /// <param name="sequence">Sequence number.</param>
    /// <param name="wantLogits">Whether this row's logits are computed.</param>
    public void Add(int token, int position, int sequence, bool wantLogits)
    {
        var row = _batch.n_tokens;
        Invariant.Assert(row < _capacity);
        _batch.token[row] = token;
        _batch.pos[row] = position;
        _sequences[row] = sequence;
        _batch.logits[row] = wantLogits ? (sbyte)1 : (sbyte)0;
        _batch.n_tokens = row + 1;
    }

    public void Dispose()
    {
        NativeMemory.Free(_batch.token);
        NativeMemory.Free(_batch.pos);
        NativeMemory.Free(_batch.n_seq_id);
        NativeMemory.Free(_batch.logits);
        NativeMemory.Free(_batch.seq_id);
        NativeMemory.Free(_sequences);
        _batch = default;
    }

    private T* Allocate<T>()
        where T : unmanaged => (T*)NativeMemory.AllocZeroed((nuint)_capacity, (nuint)sizeof(T));
}
