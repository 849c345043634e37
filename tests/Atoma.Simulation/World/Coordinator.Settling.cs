using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Simulation.Checks;

namespace Atoma.Simulation.World;

// P5.6 the books, P5.7 the sweeper, and what a restart finds.
internal sealed partial class Coordinator
{
    private const int SettleRetryMs = 1_000;
    private const int SweepMs = 1_000;

    /// <summary>Attempts when a collateral changed between reading and moving it.</summary>
    private const int AttemptsMax = 8;

    private long _sweepAt = long.MaxValue;


    /// <summary>A new life: open requests of the last one were orphaned (P5.7).</summary>
    public void Start()
    {
        foreach (var row in _disk.Ledger.Requests.Where(r => _rules.IsOpen(r, life)).ToArray())
            Activate(row.Id);
        ScheduleSweep();
    }

    /// <summary>The request in memory; read from the store when it is not: a terminal one stays as it is, an open one was orphaned.</summary>
    private Activation? Activate(Hash32 request)
    {
        if (_activations.TryGetValue(request, out var known))
            return known;
        if (_disk.Find(request) is not { } row)
            return null;
        if (!_rules.IsOpen(row, life) && RequestRows.Receipt(row) is { } receipt)
            return _activations[request] = new Activation(receipt.Receipt.State, Micros.Zero) { IsSettled = true };
        var orphan = _activations[request] = new Activation(RequestMachine.Open(RequestRows.Spec(row)), Micros.Zero);
        world.Auditor.Orphaned(request, this);
        world.Time.After(0, () =>
        {
            if (world.Coordinator == this)
                Happen(orphan, _rules.Recovery);
        });
        return orphan;
    }

    private LedgerResult Commit(LedgerCommand command)
    {
        if (world.Scenario.Faults.StoreDown > 0 && world.Random.Chance(world.Scenario.Faults.StoreDown))
            throw new StoreDownException();
        var result = world.CommitToBooks(command);
        if (!result.Succeeded)
            return result;
        foreach (var row in command.Slashes ?? [])
        {
            var node = SlashCase.FromBytes(row.State).Node;
            if (_disk.States.GetValueOrDefault(node) == NodeState.Jailed && IsCleared(node))
                Free(node);
        }

        ScheduleSweep();
        return result;
    }

    private void Settle(Activation activation)
    {
        var receipt = SignedReceipt.Sign(_rules.Receipt(activation.State, Now), world.Key);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var review = activation.State.Spec.Review;
                var command = _rules.Finish(receipt, _disk.Ledger.Balance, review is null || review.Case == Hash32.Zero ? null : _disk.FindCase(review.Case), life);
                world.UnderWay = command;
                CrashPoint("before settling");
                world.UnderWay = null;
                var result = Commit(command);
                CrashPoint("after settling");
                if (result.Status == LedgerStatus.InsufficientFunds && attempt < AttemptsMax)
                    continue;
                OnSettled(activation, result);
                return;
            }
        }
        catch (StoreDownException)
        {
            world.UnderWay = null;
            world.Time.After(SettleRetryMs, () =>
            {
                if (world.Coordinator == this && !activation.IsSettled)
                    Settle(activation);
            });
        }
    }

    private void OnSettled(Activation activation, LedgerResult result)
    {
        // The hold is looked at before the row: another life that decided otherwise shows there first.
        if (result.Status is LedgerStatus.VersionConflict or LedgerStatus.HoldPosted or LedgerStatus.HoldVoided)
            activation.State = RequestRows.Receipt(_disk.Find(activation.State.Spec.Id)!)!.Receipt.State;
        else if (!result.Succeeded)
            throw new Violation("settlement", $"{Short(activation.State.Spec.Id)} cannot be settled: {result.Status}");
        activation.IsSettled = true;
        Follow(activation.State);
        world.Trace(() => $"{Short(activation.State.Spec.Id)} ends {activation.State.Phase}/{activation.State.Refund} price {activation.State.Price}");
    }

    /// <summary>The sweeper looks once a second; here only when there is something to see then.</summary>
    private void ScheduleSweep()
    {
        var due = _disk.Ledger.Requests.Where(r => r.Open).Select(r => r.Deadline)
            .Concat(_disk.Ledger.Slashes.Where(s => s.Open).Select(_rules.DueAt)).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        if (due == DateTimeOffset.MaxValue)
            return;
        var at = Math.Max(world.Time.ElapsedMs + SweepMs, (long)(due - Core.Timeline.Start).TotalMilliseconds + 1);
        if (at >= _sweepAt && _sweepAt > world.Time.ElapsedMs)
            return;
        _sweepAt = at;
        world.Time.After(at - world.Time.ElapsedMs, () =>
        {
            if (world.Coordinator == this && _sweepAt == at)
                Sweep();
        });
    }

    private void Sweep()
    {
        _sweepAt = long.MaxValue;
        foreach (var row in _disk.Ledger.Requests.Where(r => r.Open && r.Deadline <= Now).ToArray())
        {
            if (Activate(row.Id) is { IsSettled: false } activation)
                Happen(activation, new RequestEvent.Ticked());
        }

        foreach (var row in _disk.Ledger.Slashes.Where(s => s.Open && _rules.DueAt(s) <= Now).ToArray())
        {
            CrashPoint("before a case");
            try
            {
                Proceed(row);
            }
            catch (StoreDownException)
            {
                // The next sweep tries again.
            }
        }

        world.Auditor.Swept(this);
        ScheduleSweep();
    }
}
