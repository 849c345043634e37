namespace Atoma.Grains.Abstractions;

/// <summary>One slash, as its operator deals with it (P8.5). Stateless; the ledger's row is the truth.</summary>
[Alias("atoma.ICaseGrain")]
public interface ICaseGrain : IGrainWithStringKey
{
    /// <summary>The operator's one appeal.</summary>
    /// <param name="node">Whose slash.</param>
    /// <param name="signature">65 bytes over <see cref="Atoma.Protocol.Nodes.SigningDomain.Appeal"/> by the node's key.</param>
    [Alias("Appeal")]
    Task<AppealReply> Appeal(string node, byte[] signature);

    /// <summary>A receipt that the slash rests on, or the node's own wrong answer to a weight challenge. Only its operator gets it: a receipt holds the requester's prompt, which the node has seen.</summary>
    /// <param name="node">Whose slash.</param>
    /// <param name="signature">65 bytes over <see cref="Atoma.Protocol.Nodes.SigningDomain.Evidence"/> by the node's key.</param>
    /// <param name="request">Id of one of its requests, or empty for the one it arose from.</param>
    [Alias("Evidence")]
    Task<EvidenceReply> Evidence(string node, byte[] signature, string request);
}

/// <summary>Outcome of an operator's call, in order of precedence. Append only.</summary>
public enum AppealStatus
{
    /// <summary>Done; the case as it is now says with what outcome.</summary>
    Ok = 0,

    /// <summary>No such slash of this node, or no such evidence.</summary>
    Unknown = 1,

    /// <summary>Not signed by the node's key.</summary>
    WrongSignature = 2,

    AppealedBefore = 3,

    /// <summary>Decided, or not confirmed yet: see the case's status.</summary>
    NotFrozen = 4,

    /// <summary>The window has passed.</summary>
    TooLate = 5,
}

/// <param name="Status">Ok or why not.</param>
/// <param name="Message">For the operator.</param>
/// <param name="Slash">The case as it is now; null when unknown or wrongly signed.</param>
[GenerateSerializer, Alias("atoma.AppealReply"), Immutable]
public sealed record AppealReply([property: Id(0)] AppealStatus Status, [property: Id(1)] string Message, [property: Id(2)] SlashInfo? Slash);

/// <param name="Status">Ok, Unknown or WrongSignature.</param>
/// <param name="Request">Whose receipt; empty where it is none.</param>
/// <param name="Json">Text of receipt.json, or of the signed answer; empty unless Ok.</param>
[GenerateSerializer, Alias("atoma.EvidenceReply"), Immutable]
public sealed record EvidenceReply([property: Id(0)] AppealStatus Status, [property: Id(1)] string Request, [property: Id(2)] string Json);
