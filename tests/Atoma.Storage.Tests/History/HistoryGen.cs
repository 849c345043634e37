using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Tests.Ledger;
using CsCheck;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.History;

/// <summary>What eight clients ask at once: few accounts, ids and budgets, so that everything is contended.</summary>
internal static class HistoryGen
{
    private const int Clients = 8;
    private const int Calls = 30;

    private static readonly Gen<HistoryCall> Call = Gen.Frequency(
        (3, LedgerCommandGen.Command.Select(HistoryCall.Commit)),
        (3, LedgerCommandGen.Single.Select(operation => HistoryCall.Commit(Do(operation)))),
        (2, Gen.Bool.Select(alice => HistoryCall.Read(alice ? Alice : LedgerAccount.Escrow))));

    public static readonly Gen<HistoryCall[][]> Programs = Call.Array[Calls].Array[Clients];

    /// <summary>The books before: enough for some, not for all.</summary>
    public static LedgerModel Before()
    {
        var model = new LedgerModel();
        foreach (var key in LedgerCommandGen.Keys)
            model.SetBudget(Id(key), new Micros(BudgetLimit), BudgetPeriod.Day, Now);
        model.Commit(Start, Now);
        return model;
    }

    public const long BudgetLimit = 15;

    public static readonly LedgerCommand Start = Do(Deposit("start", Alice, 30));
}
