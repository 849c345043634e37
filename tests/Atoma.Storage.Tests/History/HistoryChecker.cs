using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage.Tests.History;

/// <summary>
/// Whether a recorded history is linearisable: whether there is one order of all calls, in which each takes effect somewhere
/// between its start and its end, and in which the model gives everybody the answer that he was given. The search of Wing and
/// Gong (Testing and verifying concurrent objects, 1993), remembering the points that led nowhere as Lowe does (2017).
/// </summary>
internal sealed class HistoryChecker
{
    private readonly IReadOnlyList<HistoryEvent>[] _clients;
    private readonly IReadOnlyList<HistoryEvent> _unanswered;
    private readonly DateTimeOffset _now;
    private readonly HashSet<string> _deadEnds = [];

    private HistoryChecker(IReadOnlyList<HistoryEvent> history, DateTimeOffset now)
    {
        _now = now;
        _unanswered = [.. history.Where(call => call.Answer is null)];
        _clients = [.. history.Where(call => call.Answer is not null).GroupBy(call => call.Client)
            .Select(client => (IReadOnlyList<HistoryEvent>)[.. client.OrderBy(call => call.Start)])];
        foreach (var client in _clients)
            Assert.All(client.Zip(client.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start));
    }

    /// <param name="history">At most 64 calls of it without an answer.</param>
    /// <param name="before">The books before the history.</param>
    /// <param name="now">The store's clock, which stood still.</param>
    public static bool IsLinearisable(IReadOnlyList<HistoryEvent> history, LedgerModel before, DateTimeOffset now)
    {
        var checker = new HistoryChecker(history, now);
        Assert.True(checker._unanswered.Count <= 64);
        return checker.Search(new int[checker._clients.Length], 0, before);
    }

    /// <summary>Whether the rest can be ordered.</summary>
    /// <param name="done">Of each client, how many answered calls have taken effect.</param>
    /// <param name="taken">Which unanswered calls have: a bit each.</param>
    /// <param name="model">The books after them.</param>
    private bool Search(int[] done, ulong taken, LedgerModel model)
    {
        // Whatever takes effect next did so before the first of the remaining calls ended.
        var deadline = long.MaxValue;
        for (var client = 0; client < _clients.Length; client++)
        {
            if (done[client] < _clients[client].Count)
                deadline = Math.Min(deadline, _clients[client][done[client]].End);
        }

        if (deadline == long.MaxValue)
            return true;
        var point = Point(done, taken, model);
        if (_deadEnds.Contains(point))
            return false;
        if (Next(done, deadline).Any(client => TakesEffect(client, done, taken, model)))
            return true;
        for (var i = 0; i < _unanswered.Count; i++)
        {
            if ((taken & (1UL << i)) != 0 || _unanswered[i].Start > deadline)
                continue;
            var after = model.Copy();
            _unanswered[i].Call.Ask(after, _now);
            if (Search(done, taken | (1UL << i), after))
                return true;
        }

        _deadEnds.Add(point);
        return false;
    }

    /// <summary>Clients whose next call may be next, the first to be answered first: mostly the right guess.</summary>
    private List<int> Next(int[] done, long deadline) =>
    [
        .. Enumerable.Range(0, _clients.Length)
            .Where(client => done[client] < _clients[client].Count && _clients[client][done[client]].Start < deadline)
            .OrderBy(client => _clients[client][done[client]].End),
    ];

    private bool TakesEffect(int client, int[] done, ulong taken, LedgerModel model)
    {
        var call = _clients[client][done[client]];
        var after = model.Copy();
        if (call.Call.Ask(after, _now) != call.Answer)
            return false;
        var next = (int[])done.Clone();
        next[client]++;
        return Search(next, taken, after);
    }

    /// <summary>Equal for two ways that come to the same books. The order of entries does not matter, no answer tells of it.</summary>
    private static string Point(int[] done, ulong taken, LedgerModel model)
    {
        var text = new StringBuilder().AppendJoin(' ', done).Append(' ').Append(taken);
        foreach (var (account, balance) in model.Balances.Where(pair => pair.Balance != Micros.Zero))
            text.Append(';').Append(account.Kind).Append(account.Owner).Append(balance.Value);
        foreach (var operation in model.Operations.Select(recorded => recorded.GetHashCode()).Order())
            text.Append(',').Append(operation);
        foreach (var row in model.Requests.OrderBy(row => row.Id))
            text.Append(" r").Append(row.Id).Append(row.Version).Append(row.IdempotencyKey).Append(row.Phase).Append(row.Open);
        foreach (var row in model.Slashes.OrderBy(row => row.Id))
            text.Append(" s").Append(row.Id).Append(row.Version).Append(row.Open);
        foreach (var row in model.Payouts.OrderBy(row => row.Id))
            text.Append(" p").Append(row.Id).Append(row.Version).Append(row.State);
        foreach (var key in Ledger.LedgerCommandGen.Keys)
            text.Append(' ').Append(model.FindBudget(Ledger.Sample.Id(key))?.Used.Value ?? -1);
        return text.ToString();
    }
}
