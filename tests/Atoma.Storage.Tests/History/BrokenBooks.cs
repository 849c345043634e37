using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Tests.Ledger;

namespace Atoma.Storage.Tests.History;

/// <summary>Ways in which a store may be wrong where many clients meet.</summary>
internal enum Flaw
{
    None,

    /// <summary>A command writes what it computed from books that another has changed meanwhile.</summary>
    LostUpdate,

    /// <summary>A command decides on balances that are out of date.</summary>
    StaleDecision,

    /// <summary>A post that was done before is done, and reported, again.</summary>
    DoublePost,

    /// <summary>A command is acknowledged, and gone after that.</summary>
    Undone,

    /// <summary>A balance is read from a replica that lags behind.</summary>
    StaleRead,
}

/// <summary>The model as a store, right or with one flaw that shows now and then.</summary>
internal sealed class BrokenBooks(LedgerModel before, Flaw flaw) : IHistoryTarget
{
    /// <summary>The flaw strikes at every so many calls.</summary>
    private const int Period = 7;

    private readonly Lock _lock = new();
    private LedgerModel _model = before.Copy();
    private LedgerModel _old = before.Copy();
    private int _calls;

    public async Task<LedgerResult> CommitAsync(LedgerCommand command)
    {
        await Task.Yield();
        lock (_lock)
        {
            var strikes = ++_calls % Period == 0;
            var next = strikes && flaw == Flaw.LostUpdate ? _old : _model.Copy();
            _old = _model;
            var result = next.Commit(command, Sample.Now);
            if (strikes && flaw == Flaw.StaleDecision && result.Status == LedgerStatus.InsufficientFunds)
                result = new LedgerResult(LedgerStatus.Ok);
            if (flaw == Flaw.DoublePost && result.Status == LedgerStatus.AlreadyDone && command.Operations is [LedgerOperation.Post])
                result = new LedgerResult(LedgerStatus.Ok);
            if (!(strikes && flaw == Flaw.Undone))
                _model = next;
            return result;
        }
    }

    public async Task<Micros> BalanceAsync(LedgerAccount account)
    {
        await Task.Yield();
        lock (_lock)
            return flaw == Flaw.StaleRead ? _old.Balance(account) : _model.Balance(account);
    }
}
