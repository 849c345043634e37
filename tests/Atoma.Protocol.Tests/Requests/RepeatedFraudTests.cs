using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Requests;

/// <summary>Found by the simulator: one fraud after another within one request.</summary>
public sealed class RepeatedFraudTests
{
    // Simulator: seed 96 of colluding-committee. The first cheat's checkers were counted, and paid, again.
    [Fact]
    public void Check_SameWrongAnswerFromTheNextPrimary_IsVotedOnAfresh()
    {
        var harness = new RequestHarness("checked:3", nodes: 24)
        {
            Casting = (purpose, index) => purpose switch
            {
                DrawPurpose.Primary when index < 2 => Cheat.OtherModel,
                // One liar among three in each round: together with the round before they would be a quorum.
                DrawPurpose.Checker when index is 0 or 3 => Cheat.LyingVote,
                _ => Cheat.None,
            },
        };
        var state = harness.Run();
        Assert.Equal(RequestPhase.Settled, state.Phase);
        Assert.Equal(2, state.Convictions.Count);
        Assert.Equal(Cheat.None, harness.Node(state.Participants.Single(p => p is { Generates: true, Status: ParticipantStatus.Revealed }).Node).Cheat);
    }

    // Simulator: seed 1818 of mixed-faults. The receipt could no longer prove that nobody had asked for the first cancellation.
    [Fact]
    public void Cancel_AtTheLengthOfAFalseCancellation_LeavesItProven()
    {
        var harness = new RequestHarness("checked", nodes: 12)
        {
            Casting = (purpose, index) => purpose == DrawPurpose.Primary && index == 0 ? Cheat.FalseCancel : Cheat.None,
            Before = h =>
            {
                if (h.State is { Convictions.Count: 1, CancelAt: null } && h.State.Participants[^1].Status == ParticipantStatus.Working)
                    h.Happen(new RequestEvent.CancelRequested());
            },
        };
        var state = harness.Run();
        Assert.Equal(EvidenceKind.BadReveal, Assert.Single(state.Convictions).Kind);
        Assert.NotNull(state.CancelAt);
        Assert.NotEqual(state.Participants[0].Transcript!.OutputCount, state.CancelAt);
    }
}
