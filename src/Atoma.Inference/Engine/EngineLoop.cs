using System.Diagnostics;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>
/// Continuous batching over a bounded set of slots, on the one thread that owns the context. Each turn: drop cancelled
/// tasks, admit waiting ones, compute a bounded number of prompt tokens (tasks and checks in turn), one decode step for
/// all running sequences. Checks and embeddings have a sequence of their own, the last, so that neither kind of work waits for the other's slots.
/// </summary>
internal sealed class EngineLoop : IDisposable
{
    /// <summary>What is left of a turn's tokens is not spent on a shorter piece of a longer prompt: each piece costs a whole pass over the weights.</summary>
    private const int ChunkTokensMin = 16;

    private readonly Func<DecodeContext> _newContext;
    private readonly Inbox _inbox;
    private readonly ContextShape _shape;
    private readonly bool _prefixReuse;
    private readonly string _model;
    private readonly ILogger _logger;
    private readonly Sampler _sampler = new();
    private readonly GenerationJob?[] _slots;
    private readonly SequenceToken[] _stepTokens;
    private readonly List<int> _prefilling = [];
    private DecodeContext _context;
    private PrefillJob? _check;
    private bool _checkIsNext;
    private int _busy;
    private long _reused;
    private long _guessed;

    /// <param name="newContext">Makes a context; called again after one was aborted.</param>
    /// <param name="inbox">Where tasks come from.</param>
    /// <param name="shape">Of the context.</param>
    /// <param name="prefixReuse">See <see cref="EngineOptions.PrefixReuse"/>.</param>
    /// <param name="model">For the log.</param>
    /// <param name="logger">The engine's.</param>
    public EngineLoop(Func<DecodeContext> newContext, Inbox inbox, ContextShape shape, bool prefixReuse, string model, ILogger logger)
    {
        _newContext = newContext;
        _context = newContext();
        _inbox = inbox;
        _shape = shape;
        _prefixReuse = prefixReuse;
        _model = model;
        _logger = logger;
        _slots = new GenerationJob?[shape.Sequences - 1];
        _stepTokens = new SequenceToken[_slots.Length];
    }

    /// <summary>Slots taken, readable from any thread.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Prompt tokens that did not have to be computed because a sequence held them, readable from any thread.</summary>
    public long ReusedTokens => Interlocked.Read(ref _reused);

    /// <summary>Output tokens that came from a guess, readable from any thread.</summary>
    public long GuessedTokens => Interlocked.Read(ref _guessed);

    /// <summary>How long a decode may take; watched from another thread.</summary>
    public DecodeClock Clock { get; } = new();

    private int CheckSequence => _slots.Length;

    /// <summary>Runs until the inbox is closed, then ends every job.</summary>
    public void Run()
    {
        try
        {
            while (_inbox.Wait(busy: _busy > 0 || _check is not null))
                Turn();
        }
        finally
        {
            // Closed already unless an exception is on its way out: then nothing more may come in.
            _inbox.Close(EngineRefusal.EngineFault);
            EndAll(_inbox.Closed ?? EngineRefusal.EngineFault);
        }
    }

    /// <summary>From any thread: ends the decode that runs. Its tasks fail, the rest goes on in a new context.</summary>
    public void AbortDecode() => Volatile.Read(ref _context).Abort();

    /// <summary>From any thread, when the loop's own hangs in the library for good: ends every job.</summary>
    public void Abandon()
    {
        _inbox.Close(EngineRefusal.EngineFault);
        EndAll(EngineRefusal.EngineFault);
    }

    public void Dispose() => _context.Dispose();

    /// <summary>One round; tests drive it by hand.</summary>
    internal void Turn()
    {
        DropCancelled();
        Admit();
        Prefill();
        Step();
    }

    private void DropCancelled()
    {
        _inbox.DropCancelled();
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is { IsCancelled: true } job)
            {
                job.End();
                Free(slot);
            }
        }

        if (_check is { IsCancelled: true })
        {
            _check.End();
            _check = null;
        }
    }

    private void Admit()
    {
        // The lowest free slot first: a step computes every row between the lowest and the highest.
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is not null || _inbox.TakeGeneration() is not { } job)
                continue;
            _slots[slot] = job;
            job.Fed = Reuse(slot, job.Prompt, job.Prompt.Length - 1);
            _prefilling.Add(slot);
            Volatile.Write(ref _busy, _busy + 1);
        }

        if (_check is null && _inbox.TakeCheck() is { } check)
        {
            _check = check;
            check.Fed = Reuse(CheckSequence, check.Tokens, check.FirstRow);
        }
    }

    /// <summary>Leaves in a sequence the longest prefix of the tokens that any sequence holds; returns its length.</summary>
    private int Reuse(int sequence, ReadOnlySpan<int> tokens, int most)
    {
        var (source, length) = _prefixReuse ? PrefixReuse.Find(_context, sequence, tokens[..most]) : (sequence, 0);
        if (source == sequence)
            _context.Keep(sequence, length);
        else
            _context.Copy(source, sequence, length);
        Interlocked.Add(ref _reused, length);
        return length;
    }

    private void Prefill()
    {
        for (var budget = _shape.ChunkTokens; budget > 0;)
        {
            var hasPrompt = _prefilling.Count > 0;
            if (!hasPrompt && _check is null)
                return;
            var isCheck = _check is not null && (_checkIsNext || !hasPrompt);
            var left = isCheck ? _check!.Tokens.Length - _check.Fed : _slots[_prefilling[0]]!.Prompt.Length - _slots[_prefilling[0]]!.Fed;
            if (budget < _shape.ChunkTokens && budget < Math.Min(left, ChunkTokensMin))
                return;
            budget -= isCheck ? PrefillCheck(_check!, budget) : PrefillPrompt(_prefilling[0], budget);
            _checkIsNext = !isCheck;
        }
    }

    /// <summary>Computes the next chunk of a prompt, first come first served; returns its tokens.</summary>
    private int PrefillPrompt(int slot, int budget)
    {
        var job = _slots[slot]!;
        var count = Math.Min(budget, job.Prompt.Length - job.Fed);
        var isLast = job.Fed + count == job.Prompt.Length;
        if (!TryDecode("prefill", count, () => _context.Prefill(slot, job.Prompt.AsSpan(job.Fed, count), isLast ? 1 : 0), out var problem))
        {
            FailSlot(slot, problem);
            return count;
        }

        job.Fed += count;
        if (isLast)
        {
            _prefilling.Remove(slot);
            Sample(slot, job);
        }

        return count;
    }

    /// <summary>Computes the next chunk of a check or an embedding and gives it the rows; returns its tokens.</summary>
    private int PrefillCheck(PrefillJob job, int budget)
    {
        // Rows from FirstRow on are wanted, and a decode has a bounded number of them.
        var prompt = Math.Max(0, job.FirstRow - job.Fed);
        var count = Math.Min(Math.Min(budget, job.Tokens.Length - job.Fed), prompt + _shape.RowsMax);
        var rows = Math.Max(0, count - prompt);
        if (!TryDecode("check", count, () => _context.Prefill(CheckSequence, job.Tokens.AsSpan(job.Fed, count), rows, job.WantsHidden), out var problem))
        {
            job.Fail(EngineRefusal.EngineFault, problem.Message);
            ForgetCheck();
            return count;
        }

        job.Fed += count;
        for (var back = rows - 1; back >= 0; back--)
        {
            var row = job.WantsHidden ? _context.PrefillHidden(CheckSequence, back) : _context.PrefillLogits(CheckSequence, back);
            if (job.Take(_sampler, row))
            {
                _check = null;
                break;
            }
        }

        Invariant.Assert(_check is null || job.Fed < job.Tokens.Length);
        return count;
    }

    private void Step()
    {
        var count = 0;
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is { IsPrefilling: false } job)
                _stepTokens[count++] = new SequenceToken(slot, job.LastToken);
        }

        if (count == 0)
            return;
        AddGuesses(_stepTokens.AsSpan(0, count));
        if (!TryDecode("decode", count, () => _context.Step(_stepTokens.AsSpan(0, count)), out var problem))
        {
            for (var i = 0; i < count; i++)
                FailSlot(_stepTokens[i].Sequence, problem);
            return;
        }

        for (var i = 0; i < count; i++)
            Sample(_stepTokens[i]);
    }

    private void AddGuesses(Span<SequenceToken> tokens)
    {
        var idle = _context.IdleRows(tokens[0].Sequence, tokens[^1].Sequence);
        if (idle == 0)
            return;
        foreach (ref var token in tokens)
        {
            var room = _shape.ContextTokens - _context.Length(token.Sequence) - 1;
            token = token with { Guesses = _slots[token.Sequence]!.Guess(Math.Min(idle, room)) };
        }
    }

    /// <summary>Samples the row of the token fed, and those of the guesses behind it for as long as they prove right.</summary>
    private void Sample(SequenceToken fed)
    {
        var slot = fed.Sequence;
        var guesses = fed.Guesses.Span;
        var kept = _context.Length(slot) - guesses.Length;
        for (var right = 0; ; right++)
        {
            var job = _slots[slot]!;
            Sample(slot, job, right);
            if (_slots[slot] is null || right == guesses.Length || job.LastToken != guesses[right])
            {
                if (right < guesses.Length)
                    _context.Keep(slot, kept + right);
                Interlocked.Add(ref _guessed, right);
                return;
            }
        }
    }

    /// <summary>A decode under the watchdog's eyes. After an aborted one every sequence is gone, and their tasks with them.</summary>
    private bool TryDecode(string phase, int tokens, Action decode, out DecodeException problem)
    {
        problem = null!;
        Clock.Start();
        var started = Stopwatch.GetTimestamp();
        try
        {
            decode();
            EngineMetrics.Computed(_model, phase, tokens, Stopwatch.GetElapsedTime(started));
            return true;
        }
        catch (DecodeException exception)
        {
            problem = exception;
            InferenceLog.DecodeFailed(_logger, _model, exception.Code, _busy);
        }
        finally
        {
            Clock.Stop();
        }

        if (problem.Code == DecodeException.Aborted)
        {
            FailRunning(problem.Message);
            _context.Dispose();
            Volatile.Write(ref _context, _newContext());
        }

        return false;
    }

    private void Sample(int slot, GenerationJob job, int guesses = 0)
    {
        if (job.Sample(_sampler, _context.Logits(slot, guesses)))
            Free(slot);
    }

    private void FailRunning(string message)
    {
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is not { } job)
                continue;
            job.Fail(EngineRefusal.EngineFault, message);
            Free(slot);
        }

        _check?.Fail(EngineRefusal.EngineFault, message);
        _check = null;
    }

    private void FailSlot(int slot, DecodeException exception)
    {
        // Gone already when the whole context was.
        if (_slots[slot] is not { } job)
            return;
        job.Fail(EngineRefusal.EngineFault, exception.Message);
        Free(slot);
        _context.Clear(slot);
    }

    /// <summary>The sequence keeps its tokens: the next task may begin like this one.</summary>
    private void Free(int slot)
    {
        _slots[slot] = null;
        _prefilling.Remove(slot);
        Volatile.Write(ref _busy, _busy - 1);
    }

    private void ForgetCheck()
    {
        _check = null;
        _context.Clear(CheckSequence);
    }

    private void EndAll(EngineRefusal reason)
    {
        const string Message = "The engine stopped before the answer ended.";
        foreach (var job in _slots)
            job?.Fail(reason, Message);
        _check?.Fail(reason, Message);
        while (_inbox.TakeGeneration() is { } job)
            job.Fail(reason, Message);
        while (_inbox.TakeCheck() is { } job)
            job.Fail(reason, Message);
    }
}
