namespace Atoma.Protocol.Registry;

/// <summary>States of a node (P2.1). Stored: append only.</summary>
public enum NodeState : byte
{
    Registered = 0,
    Active = 1,
    Jailed = 2,
    Unbonding = 3,
    Exited = 4,
}

/// <summary>Outcome of a move, in order of precedence. Append only.</summary>
public enum NodeMoveStatus : byte
{
    Ok = 0,
    AlreadyThere = 1,
    NotAllowed = 2,
    CollateralTooLow = 3,
}

/// <summary>The moves of P2.1: Registered → Active → (Jailed ⇄ Active) → Unbonding → Exited. Any other is refused.</summary>
public static class NodeMachine
{
    /// <param name="from">State now.</param>
    /// <param name="to">State wanted.</param>
    /// <param name="collateralSuffices">Collateral is at least what is required; S = 0 never is (P2.2).</param>
    public static NodeMoveStatus Move(NodeState from, NodeState to, bool collateralSuffices)
    {
        if (from == to)
            return NodeMoveStatus.AlreadyThere;
        var allowed = (from, to) switch
        {
            (NodeState.Registered, NodeState.Active) => true,
            (NodeState.Active, NodeState.Jailed) => true,
            (NodeState.Jailed, NodeState.Active) => true,
            (NodeState.Active or NodeState.Jailed, NodeState.Unbonding) => true,
            (NodeState.Unbonding, NodeState.Exited) => true,
            _ => false,
        };
        if (!allowed)
            return NodeMoveStatus.NotAllowed;
        return to == NodeState.Active && !collateralSuffices ? NodeMoveStatus.CollateralTooLow : NodeMoveStatus.Ok;
    }
}
