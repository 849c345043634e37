using Atoma.Protocol.Registry;

namespace Atoma.Protocol.Tests.Registry;

public sealed class NodeMachineTests
{
    // P2.1
    private static readonly (NodeState From, NodeState To)[] Allowed =
    [
        (NodeState.Registered, NodeState.Active), (NodeState.Active, NodeState.Jailed), (NodeState.Jailed, NodeState.Active),
        (NodeState.Active, NodeState.Unbonding), (NodeState.Jailed, NodeState.Unbonding), (NodeState.Unbonding, NodeState.Exited),
    ];

    [Fact]
    public void Move_EveryPairOfStates_FollowsTheTable()
    {
        foreach (var from in Enum.GetValues<NodeState>())
        {
            foreach (var to in Enum.GetValues<NodeState>())
            {
                var expected = from == to ? NodeMoveStatus.AlreadyThere : Allowed.Contains((from, to)) ? NodeMoveStatus.Ok : NodeMoveStatus.NotAllowed;
                Assert.Equal(expected, NodeMachine.Move(from, to, collateralSuffices: true));
            }
        }
    }

    [Theory]
    [InlineData(NodeState.Registered, NodeState.Active, NodeMoveStatus.CollateralTooLow)]
    [InlineData(NodeState.Jailed, NodeState.Active, NodeMoveStatus.CollateralTooLow)]
    [InlineData(NodeState.Active, NodeState.Active, NodeMoveStatus.AlreadyThere)]
    [InlineData(NodeState.Exited, NodeState.Active, NodeMoveStatus.NotAllowed)]
    [InlineData(NodeState.Active, NodeState.Unbonding, NodeMoveStatus.Ok)]
    public void Move_WithoutCollateral_NeverEndsActive(NodeState from, NodeState to, NodeMoveStatus expected) =>
        Assert.Equal(expected, NodeMachine.Move(from, to, collateralSuffices: false));
}
