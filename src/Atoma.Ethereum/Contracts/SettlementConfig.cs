using Atoma.Ethereum.Abi;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>What a settlement contract is deployed with; it checks the bounds itself (contracts/src/settlement/Parameters.sol).</summary>
/// <param name="Settler">Redeems vouchers, posts roots, answers the gateway.</param>
/// <param name="Admin">Schedules changes of parameters.</param>
/// <param name="Guardian">Pauses, and cancels a root before it can be claimed from.</param>
/// <param name="CommitmentDomain">EIP-712 separator under which nodes sign commitments.</param>
/// <param name="ExitDelay">From a requester's notice to its money.</param>
/// <param name="UnbondDelay">From an owner's notice to its collateral; at least appeal and ruling together.</param>
/// <param name="AppealWindow">From a slash to its execution.</param>
/// <param name="RulingWindow">From an appeal to the end of a slash without a ruling.</param>
/// <param name="ClaimDelay">From a root to its claims.</param>
/// <param name="ParameterDelay">From a scheduled change to its effect; at least exit and unbond delay.</param>
/// <param name="CollateralMin">To register a node.</param>
/// <param name="VerdictSigners">1 to 15, strictly ascending.</param>
/// <param name="VerdictThreshold">More than half of them.</param>
public sealed record SettlementConfig(
    NodeId Settler, NodeId Admin, NodeId Guardian, Hash32 CommitmentDomain, TimeSpan ExitDelay, TimeSpan UnbondDelay, TimeSpan AppealWindow,
    TimeSpan RulingWindow, TimeSpan ClaimDelay, TimeSpan ParameterDelay, Micros CollateralMin, IReadOnlyList<NodeId> VerdictSigners, int VerdictThreshold)
{
    private static readonly AbiFunction Constructor = new(
        "constructor(address token_, (address settler, address admin, address guardian, bytes32 commitmentDomain, uint32 exitDelay, uint32 unbondDelay, uint32 appealWindow, uint32 rulingWindow, uint32 claimDelay, uint32 parameterDelay, uint128 collateralMin, address[] verdictSigners, uint8 verdictThreshold) config)");

    /// <summary>Initialisation code.</summary>
    /// <param name="token">An ERC-20 of 6 decimals that takes nothing for a transfer.</param>
    public byte[] DeploymentCode(NodeId token) =>
    [
        .. ContractArtifact.Settlement.Bytecode.Span,
        .. Constructor.EncodeArguments(token, new object[]
        {
            Settler, Admin, Guardian, CommitmentDomain, Seconds(ExitDelay), Seconds(UnbondDelay), Seconds(AppealWindow), Seconds(RulingWindow),
            Seconds(ClaimDelay), Seconds(ParameterDelay), CollateralMin.Value, VerdictSigners.Cast<object>().ToArray(), VerdictThreshold,
        }),
    ];

    private static long Seconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerSecond;
}

/// <summary>What a gateway is deployed with.</summary>
/// <param name="AnswerWindow">From a request to its deadline: 1 minute to 1 day.</param>
public sealed record GatewayConfig(TimeSpan AnswerWindow)
{
    private static readonly AbiFunction Constructor = new("constructor(address settlement_, uint32 answerWindow_)");

    /// <summary>Initialisation code.</summary>
    public byte[] DeploymentCode(NodeId settlement) =>
        [.. ContractArtifact.Gateway.Bytecode.Span, .. Constructor.EncodeArguments(settlement, AnswerWindow.Ticks / TimeSpan.TicksPerSecond)];
}
