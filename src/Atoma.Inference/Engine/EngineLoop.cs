using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>
/// Continuous batching over a bounded set of slots, on the one thread that owns the context. Each turn: admit waiting
/// tasks, drop cancelled ones, compute a bounded number of prompt tokens (tasks and checks in turn), one decode step for
/// all running sequences. Checks have a sequence of their own, the last, so that neither kind of work waits for the other's slots.
/// </summary>
internal sealed class EngineLoop
{
    /// <summary>What is left of a turn's tokens is not spent on a shorter piece of a longer prompt: each piece costs a whole pass over the weights.</summary>
    private const int ChunkTokensMin = 16;

    private readonly InvariantContext _context;
    private readonly Inbox _inbox;
    private readonly ContextShape _shape;
    private readonly string _model;
    private readonly ILogger _logger;
    private readonly Sampler _sampler = new();
    private readonly GenerationJob?[] _slots;
    private readonly SequenceToken[] _stepTokens;
    private readonly List<int> _prefilling = [];
    private CheckJob? _check;
    private bool _checkIsNext;
    private int _busy;

    public EngineLoop(InvariantContext context, Inbox inbox, ContextShape shape, string model, ILogger logger)
    {
        _context = context;
        _inbox = inbox;
        _shape = shape;
        _model = model;
        _logger = logger;
        _slots = new GenerationJob?[shape.Sequences - 1];
        _stepTokens = new SequenceToken[_slots.Length];
    }

    /// <summary>Slots taken, readable from any thread.</summary>
    public int Busy => Volatile.Read(ref _busy);

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
            FreeCheck();
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
            _prefilling.Add(slot);
            Volatile.Write(ref _busy, _busy + 1);
        }

        _check ??= _inbox.TakeCheck();
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
        try
        {
            _context.Prefill(slot, job.Prompt.AsSpan(job.Fed, count), isLast ? 1 : 0);
        }
        catch (DecodeException exception)
        {
            FailSlot(slot, exception);
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

    /// <summary>Computes the next chunk of a check and compares the positions it covers; returns its tokens.</summary>
    private int PrefillCheck(CheckJob job, int budget)
    {
        // Rows from FirstRow on are wanted, and a decode has a bounded number of them.
        var prompt = Math.Max(0, job.FirstRow - job.Fed);
        var count = Math.Min(Math.Min(budget, job.Tokens.Length - job.Fed), prompt + _shape.RowsMax);
        var rows = Math.Max(0, count - prompt);
        try
        {
            _context.Prefill(CheckSequence, job.Tokens.AsSpan(job.Fed, count), rows);
        }
        catch (DecodeException exception)
        {
            InferenceLog.DecodeFailed(_logger, _model, exception.Code, 1);
            job.Fail(EngineRefusal.EngineFault, exception.Message);
            FreeCheck();
            return count;
        }

        job.Fed += count;
        for (var back = rows - 1; back >= 0; back--)
        {
            if (job.Sample(_sampler, _context.PrefillLogits(CheckSequence, back)))
            {
                FreeCheck();
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
        try
        {
            _context.Step(_stepTokens.AsSpan(0, count));
        }
        catch (DecodeException exception)
        {
            for (var i = 0; i < count; i++)
                FailSlot(_stepTokens[i].Sequence, exception);
            return;
        }

        for (var i = 0; i < count; i++)
            Sample(_stepTokens[i].Sequence, _slots[_stepTokens[i].Sequence]!);
    }

    private void Sample(int slot, GenerationJob job)
    {
        if (job.Sample(_sampler, _context.Logits(slot)))
            Free(slot);
    }

    private void FailSlot(int slot, DecodeException exception)
    {
        InferenceLog.DecodeFailed(_logger, _model, exception.Code, 1);
        _slots[slot]!.Fail(EngineRefusal.EngineFault, exception.Message);
        Free(slot);
    }

    private void Free(int slot)
    {
        _slots[slot] = null;
        _prefilling.Remove(slot);
        _context.Clear(slot);
        Volatile.Write(ref _busy, _busy - 1);
    }

    private void FreeCheck()
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
