using System.Globalization;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Disputes;

namespace Atoma.Grains.Cases;

/// <summary>What an operator is told about an appeal.</summary>
internal static class Appeals
{
    /// <summary>Why a case cannot be appealed; first match wins.</summary>
    public static AppealReply Refusal(SlashCase slash, DateTimeOffset now)
    {
        var (status, message) = slash switch
        {
            { Appealed: true } => (AppealStatus.AppealedBefore, "It was appealed before; a slash can be appealed once (P8.5)."),
            { Status: SlashStatus.Unconfirmed } => (AppealStatus.NotFrozen, "An assembly has not confirmed it yet. If it does, appeal then; if not, the money returns by itself."),
            { Status: not SlashStatus.Frozen } => (AppealStatus.NotFrozen, $"It is {CaseView.Name(slash.Status)}: there is nothing left to appeal."),
            _ => (AppealStatus.TooLate, $"Its appeal window ended at {slash.DueAt.ToString("u", CultureInfo.InvariantCulture)}; it is {now.ToString("u", CultureInfo.InvariantCulture)}."),
        };
        return new AppealReply(status, message, CaseView.Of(slash));
    }

    public static AppealReply Accepted(SlashCase after) => new(
        AppealStatus.Ok,
        after.Status switch
        {
            SlashStatus.Unconfirmed => "All nodes of the echelon vote again. Two thirds have to confirm it, or the money returns.",
            SlashStatus.Returned => "The evidence does not hold. The money has returned and the node is free.",
            _ => "The evidence was verified again and holds; the slash executes when its window ends.",
        },
        CaseView.Of(after));
}
