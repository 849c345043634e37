using Atoma.Grains.Abstractions;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Receipts;

namespace Atoma.Grains.Cases;

/// <summary>A case as shown.</summary>
internal static class CaseView
{
    public static string Name(SlashStatus status) => status.ToString().ToLowerInvariant();

    public static SlashInfo Of(SlashCase slash) => new()
    {
        Id = slash.Id.ToString(),
        Node = slash.Node == default ? "" : slash.Node.ToString(),
        Request = slash.Request.ToString(),
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
