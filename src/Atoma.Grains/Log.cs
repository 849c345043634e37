using Microsoft.Extensions.Logging;

namespace Atoma.Grains;

/// <summary>Log messages of the grains; event ids 1000–1999. No prompts, keys or whole messages.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Node {Node} connected by {Kind}, offers {Model}, is {State}")]
    public static partial void NodeConnected(this ILogger log, string node, string kind, string model, string state);

    [LoggerMessage(1001, LogLevel.Warning, "Node {Node} lost: {Why}")]
    public static partial void NodeLost(this ILogger log, string node, string why);

    [LoggerMessage(1002, LogLevel.Warning, "Node {Node} cannot be reached: {Why}")]
    public static partial void NodeUnreachable(this ILogger log, string node, string why);

    [LoggerMessage(1003, LogLevel.Warning, "Node {Node} jailed: it {Reason}")]
    public static partial void NodeJailed(this ILogger log, string node, string reason);

    [LoggerMessage(1040, LogLevel.Error, "Settlement on the chain does not go on, trying again: {Why}")]
    public static partial void SettlementStopped(this ILogger log, string why);

    [LoggerMessage(1041, LogLevel.Error, "{Amount} micros left the chain that {Account} no longer had: the treasury bore what was missing")]
    public static partial void Shortfall(this ILogger log, long amount, string account);

    [LoggerMessage(1042, LogLevel.Information, "Epoch {Epoch} is being closed on the chain: {Requesters} requesters have spent")]
    public static partial void EpochClosing(this ILogger log, long epoch, int requesters);

    [LoggerMessage(1043, LogLevel.Information, "Root of epoch {Epoch} is final: {Payees} payees can claim")]
    public static partial void RootPosted(this ILogger log, long epoch, int payees);

    [LoggerMessage(1044, LogLevel.Warning, "The contract refused the root of epoch {Epoch}: what it would have paid is in the next one")]
    public static partial void RootRefused(this ILogger log, long epoch);

    [LoggerMessage(1045, LogLevel.Warning, "Slash {Slash} of node {Node} was proven to the contract by its own two signatures: {Amount} micros divided")]
    public static partial void SlashedByProof(this ILogger log, string slash, string node, long amount);

    [LoggerMessage(1046, LogLevel.Error, "Slash {Slash} of node {Node} was executed here, and lapsed on the chain: the books have less of its collateral than the contract")]
    public static partial void SlashLapsed(this ILogger log, string slash, string node);

    [LoggerMessage(1010, LogLevel.Information, "Request {Request} accepted: {Integrity}, {PromptTokens} prompt tokens, hold {Hold} micros")]
    public static partial void RequestAccepted(this ILogger log, string request, string integrity, int promptTokens, long hold);

    [LoggerMessage(1011, LogLevel.Information, "Request {Request} {Phase} {Reason}: {OutputTokens} tokens, {Price} micros, {Convictions} convicted")]
    public static partial void RequestEnded(this ILogger log, string request, string phase, string reason, int outputTokens, long price, int convictions);

    [LoggerMessage(1012, LogLevel.Error, "Request {Request} could not be settled yet, trying again: {Why}")]
    public static partial void SettlementDelayed(this ILogger log, string request, string why);

    [LoggerMessage(1013, LogLevel.Warning, "Request {Request} was settled elsewhere")]
    public static partial void SettledElsewhere(this ILogger log, string request);

    [LoggerMessage(1014, LogLevel.Information, "{Count} open requests of an earlier run are being ended")]
    public static partial void SweepingOrphans(this ILogger log, int count);

    [LoggerMessage(1015, LogLevel.Error, "The sweeper failed, trying again: {Why}")]
    public static partial void SweepFailed(this ILogger log, string why);

    [LoggerMessage(1020, LogLevel.Warning, "Slash {Slash} of node {Node} executed: {Amount} micros divided")]
    public static partial void SlashExecuted(this ILogger log, string slash, string node, long amount);

    [LoggerMessage(1016, LogLevel.Information, "Review {Review} opened: {Kind} of {Origin}, panel of {Panel}")]
    public static partial void ReviewOpened(this ILogger log, string review, string kind, string origin, int panel);

    [LoggerMessage(1023, LogLevel.Warning, "Slash {Slash} of node {Node} was appealed and is {Status} now")]
    public static partial void SlashAppealed(this ILogger log, string slash, string node, string status);

    [LoggerMessage(1017, LogLevel.Warning, "What follows request {Request} was not all done: {Why}")]
    public static partial void FollowupFailed(this ILogger log, string request, string why);

    [LoggerMessage(1021, LogLevel.Warning, "Node {Node}: {Change} after request {Request}")]
    public static partial void StandingChanged(this ILogger log, string node, string change, string request);

    [LoggerMessage(1022, LogLevel.Information, "Node {Node} is free again: what it was jailed for was not confirmed")]
    public static partial void NodeFreed(this ILogger log, string node);

    [LoggerMessage(1024, LogLevel.Information, "Node {Node} leaves; it is paid out from {Ends} on")]
    public static partial void NodeLeaving(this ILogger log, string node, string ends);

    [LoggerMessage(1025, LogLevel.Information, "Node {Node} has left and is paid out")]
    public static partial void NodeExited(this ILogger log, string node);

    [LoggerMessage(1026, LogLevel.Warning, "Hold {Hold} of a request that never was or was given up expired; its money returned")]
    public static partial void HoldExpired(this ILogger log, string hold);

    [LoggerMessage(1027, LogLevel.Debug, "How the network stands could not be read: {Why}")]
    public static partial void GaugesNotRead(this ILogger log, string why);

    [LoggerMessage(1030, LogLevel.Information, "Beacon chain {Chain} committed, anchor {Anchor}")]
    public static partial void BeaconCommitted(this ILogger log, int chain, string anchor);
}
