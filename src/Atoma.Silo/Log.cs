namespace Atoma.Silo;

/// <summary>Log messages of the silo host; event ids 2000–2999. No prompts, keys or whole messages.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Warning, "Node {Node} refused ({Code}): {Reason}")]
    public static partial void NodeRefused(this ILogger log, string node, string code, string reason);

    [LoggerMessage(2001, LogLevel.Warning, "A message of node {Node} did not reach request {Request}: {Why}")]
    public static partial void MessageNotPassed(this ILogger log, string node, string request, string why);

    [LoggerMessage(2002, LogLevel.Debug, "Gateway connection of node {Node} ended: {Why}")]
    public static partial void GatewayConnectionEnded(this ILogger log, string node, string why);

    [LoggerMessage(2010, LogLevel.Information, "Node {Node} is in: {State}, collateral {Collateral} micros")]
    public static partial void Joined(this ILogger log, string node, string state, long collateral);

    [LoggerMessage(2011, LogLevel.Error, "Node {Node} was refused ({Code}): {Reason}")]
    public static partial void Refused(this ILogger log, string node, string code, string reason);

    [LoggerMessage(2012, LogLevel.Information, "Node {Node}: {Text}")]
    public static partial void Notice(this ILogger log, string node, string text);

    [LoggerMessage(2013, LogLevel.Warning, "Node {Node} could not do work for request {Request}: {Why}")]
    public static partial void WorkFailed(this ILogger log, string node, string request, string why);

    [LoggerMessage(2014, LogLevel.Warning, "Node {Node}: connection lost ({Why}), trying again in {Seconds} s")]
    public static partial void Reconnecting(this ILogger log, string node, string why, double seconds);

    [LoggerMessage(2015, LogLevel.Warning, "Node {Node} MISBEHAVES on purpose: {Kind}. For demonstrations only.")]
    public static partial void Misbehaving(this ILogger log, string node, string kind);

    [LoggerMessage(2016, LogLevel.Information, "Node {Node} worked for request {Request}: {Tokens} tokens")]
    public static partial void Worked(this ILogger log, string node, string request, int tokens);

    [LoggerMessage(2040, LogLevel.Warning, "The webhook of request {Request} could not be delivered, attempt {Attempt}: {Why}")]
    public static partial void WebhookFailed(this ILogger log, string request, int attempt, string why);

    [LoggerMessage(2041, LogLevel.Error, "Webhooks could not be looked up, trying again: {Why}")]
    public static partial void WebhooksDelayed(this ILogger log, string why);
}
