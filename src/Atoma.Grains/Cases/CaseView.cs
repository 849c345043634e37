using System.Text.Json.Nodes;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Cases;

/// <summary>A case as shown.</summary>
internal static class CaseView
{
    public static string Name(SlashStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>A signed answer to a weight challenge as JSON.</summary>
    public static string Text(WeightAnswer answer) => new JsonObject
    {
        ["format"] = "atoma-weights/1",
        ["seed"] = answer.Seed.ToString(),
        ["model"] = answer.Model.ToString(),
        ["node"] = answer.Node.ToString(),
        ["digest"] = answer.Digest.ToString(),
        ["signature"] = "0x" + Convert.ToHexStringLower(answer.Signature),
    }.ToJsonString();

    public static SlashInfo Of(SlashCase slash) => new()
    {
        Id = slash.Id.ToString(),
        Node = slash.Node == default ? "" : slash.Node.ToString(),
        // A weight challenge arose from no request.
        Request = slash.Evidence == EvidenceKind.WeightChallenge ? "" : slash.Request.ToString(),
        Evidence = RequestView.Snake(slash.Evidence.ToString()),
        Reason = slash.Reason,
        AmountMicros = slash.Amount.Value,
        Status = Name(slash.Status),
        OpenedAt = slash.OpenedAt,
        DueAt = slash.DueAt,
        Appealed = slash.Appealed,
        Rounds = slash.Rounds,
        History = [.. slash.History.Select(h => new CountedCheck(h.Request.ToString(), h.Failed))],
    };
}
