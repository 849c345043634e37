using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Tests.Requests;

/// <summary>Holds the ledger's entries against the receipt.</summary>
internal static class Money
{
    /// <summary>Everyone got exactly what the receipt says, the requester paid exactly the price, escrow kept nothing.</summary>
    public static async Task AssertMovedAsync(TestNetwork network, Ended ended)
    {
        var state = ended.State;
        var entries = await network.Cluster.Ledger.EntriesOfAsync([state.Spec.Id], default);
        var moved = entries.GroupBy(e => e.Account).ToDictionary(g => g.Key, g => g.Sum(e => e.Amount.Value));
        var expected = state.Payments.GroupBy(p => p.To).ToDictionary(g => g.Key, g => g.Sum(p => p.Amount.Value));
        expected[LedgerAccount.User(network.Account)] = -state.Price.Value;
        expected[LedgerAccount.Escrow] = 0;
        Assert.Equal(expected.OrderBy(e => e.Key.ToString(), StringComparer.Ordinal), moved.OrderBy(e => e.Key.ToString(), StringComparer.Ordinal));
        Assert.Equal(state.Price.Value, ended.End.PriceMicros);
        Assert.Equal(state.Spec.Hold.Value, ended.Reply.HoldMicros);
        Assert.True(state.Price <= state.Spec.Hold);
        Assert.True((await network.Cluster.Ledger.AuditAsync(default)).IsExact);
    }

    public static async Task AssertRefundedAsync(TestNetwork network, Ended ended, RefundReason reason, RequestPhase phase = RequestPhase.Refunded)
    {
        Assert.Equal((phase, reason), (ended.State.Phase, ended.State.Refund));
        Assert.Equal("", ended.End.Text);
        await AssertMovedAsync(network, ended);
        Assert.Equal(0, ended.End.PriceMicros);
    }
}
