using Atoma.Protocol.Accounts;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Tests.History;
using CsCheck;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

/// <content>What clients see who all ask at once.</content>
public abstract partial class LedgerStoreContract
{
    private const int Histories = 15;

    [SkippableFact]
    public void Commit_EightClientsAtOnce_Linearisable()
    {
        Assert.NotNull(Store);
        HistoryGen.Programs.Sample(
            programs =>
            {
                Clear();
                var history = RecordAsync(programs).GetAwaiter().GetResult();
                Assert.Contains(history, call => call.Start + 1 < call.End);
                Assert.True(HistoryChecker.IsLinearisable(history, HistoryGen.Before(), Now));
            },
            iter: Histories, threads: 1);
    }

    private async Task<IReadOnlyList<HistoryEvent>> RecordAsync(HistoryCall[][] programs)
    {
        foreach (var key in LedgerCommandGen.Keys)
            await Accounts.AddKeyAsync(Key(key, HistoryGen.BudgetLimit), None);
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(HistoryGen.Start));
        return await HistoryRecorder.RecordAsync(programs, new StoreTarget(Store));
    }
}
