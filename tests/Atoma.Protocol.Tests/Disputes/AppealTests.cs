using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Disputes;

public sealed class AppealTests
{
    // Simulator: seed 44 of smaller-model. The appeal's assembly had the first one's id, so it was never held and the case never ended.
    [Fact]
    public void Assembly_OfAnAppeal_IsAnotherThanTheOneBefore()
    {
        var harness = new RequestHarness("checked", nodes: 12) { Casting = (purpose, index) => purpose == DrawPurpose.Primary && index == 0 ? Cheat.OtherModel : Cheat.None };
        var state = harness.Run();
        var slash = SlashCase.Open(state, Assert.Single(state.Convictions), new Micros(1_000), RequestHarness.Start, TimeSpan.FromHours(1));
        Assert.True(slash.NeedsAssembly);
        EligibleNode[] eligible = [.. harness.Nodes.Select(n => new EligibleNode(n.Id, state.Echelon!.Value, new Micros(1), new Micros(1)))];
        var ids = new HashSet<Hash32>();
        foreach (var isAppealed in new[] { false, true })
        {
            for (var round = 0; round < SlashCase.RoundsMax; round++)
                ids.Add(CaseRules.Assembly(slash with { Appealed = isAppealed, Rounds = round }, state, eligible, RequestHarness.Start, 60_000)!.Id);
        }

        Assert.Equal(2 * SlashCase.RoundsMax, ids.Count);
    }
}
