using System.ComponentModel.DataAnnotations;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>Slashes, newest first.</summary>
internal sealed record SlashList(string Object, IReadOnlyList<SlashBody> Data);

/// <param name="Id">Of the case.</param>
/// <param name="Node">Who; null for an inquiry, which has yet to find out.</param>
/// <param name="RequestId">Where; null for a weight challenge.</param>
/// <param name="Receipt">Its receipt, the evidence; for the requester. The operator gets it by POST …/evidence. Null for a weight challenge.</param>
/// <param name="Evidence">Kind of evidence.</param>
/// <param name="Reason">For people.</param>
/// <param name="AmountMicros">What it costs.</param>
/// <param name="Status">unconfirmed (an assembly votes next), frozen (can be appealed until due_at), executed, returned, inquiry or closed.</param>
/// <param name="Appealed">Whether the operator has used its one appeal.</param>
/// <param name="Rounds">Assemblies called.</param>
/// <param name="OpenedAt">When it was found.</param>
/// <param name="DueAt">When something happens next: frozen, the end of the appeal window.</param>
/// <param name="History">Of a sequential test: the checks that it counted.</param>
internal sealed record SlashBody(
    string Id, string? Node, string? RequestId, string? Receipt, string Evidence, string Reason, long AmountMicros, string Status, bool Appealed, int Rounds,
    string OpenedAt, string DueAt, IReadOnlyList<CountedCheckBody> History)
{
    public static SlashBody Of(SlashInfo s) => new(
        s.Id, s.Node.Length > 0 ? s.Node : null, s.Request.Length > 0 ? s.Request : null, s.Request.Length > 0 ? $"/v1/requests/{s.Request}/receipt" : null, s.Evidence, s.Reason, s.AmountMicros, s.Status, s.Appealed, s.Rounds,
        EndpointConventions.Time(s.OpenedAt), EndpointConventions.Time(s.DueAt), [.. s.History.Select(h => new CountedCheckBody(h.Request, h.Failed))]);
}

/// <param name="RequestId">The checked request.</param>
/// <param name="Failed">Whether the node's answer failed.</param>
internal sealed record CountedCheckBody(string RequestId, bool Failed);

/// <summary>An operator's call, signed by its node's key.</summary>
internal sealed record SignedBody
{
    /// <summary>0x and 130 hex digits: r, s, v over the EIP-712 struct that the call names.</summary>
    [Required]
    public string? Signature { get; init; }

    /// <summary>Of evidence: id of one of the case's requests; the one it arose from when not given.</summary>
    public string? RequestId { get; init; }

    /// <summary>The signature's 65 bytes, or what is wrong with it.</summary>
    public Parsed<byte[]> Bytes()
    {
        if (string.IsNullOrEmpty(Signature))
            return OpenAiErrors.Missing("signature", "Sign with the node's key; 'node' of Atoma.Cli does it.");
        var hex = Signature.AsSpan(Signature.StartsWith("0x", StringComparison.Ordinal) ? 2 : 0);
        var bytes = new byte[ISignatureScheme.SignatureSize];
        return hex.Length == 2 * bytes.Length && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            ? bytes
            : OpenAiErrors.Invalid("signature", "must be 0x and 130 hex digits");
    }
}

/// <summary>An appeal's outcome.</summary>
/// <param name="Object">"appeal".</param>
/// <param name="Message">What follows.</param>
/// <param name="Slash">The case as it is now.</param>
internal sealed record AppealBody(string Object, string Message, SlashBody Slash);
