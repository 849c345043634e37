using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Settlement;

namespace Atoma.Grains.Chain;

// Collateral that the books took is taken on the chain (P8, P10.1): frozen there as soon as here, divided once both windows are over.
internal sealed partial class SettlementGrain
{
    /// <summary>Rows looked through for slashes that ended while the chain was out of reach.</summary>
    private const int SlashesScanned = 1_000;

    /// <summary>How long a signed verdict may take to be mined: longer than any outage that people would not notice.</summary>
    private static readonly TimeSpan VerdictLife = TimeSpan.FromDays(30);

    private bool _scanned;

    private async Task FollowSlashesAsync()
    {
        var rows = _scanned ? await ledger.OpenSlashesAsync(DateTimeOffset.MaxValue, SlashesScanned, default) : await ledger.SlashesAsync(node: null, SlashesScanned, default);
        _scanned = true;
        var isNew = false;
        foreach (var row in rows)
        {
            var slash = SlashCase.FromBytes(row.State);
            if (slash.Status is not (SlashStatus.Frozen or SlashStatus.Executed) || !slash.Amount.IsPositive || record.State.Slashes.ContainsKey(row.Id.ToString())
                || await Chain.OutcomeAsync(OpenKey(row.Id), default) != CallOutcome.Unknown)
                continue;
            record.State.Slashes[row.Id.ToString()] = Track(slash);
            isNew = true;
        }

        if (isNew)
            await record.WriteStateAsync();
        var count = record.State.Slashes.Count;
        foreach (var (id, track) in record.State.Slashes.ToArray())
        {
            if (await FollowAsync(Hash32.Parse(id), track))
                record.State.Slashes.Remove(id);
        }

        if (record.State.Slashes.Count != count)
            await record.WriteStateAsync();
    }

    /// <returns>Whether nothing more is to be done about it.</returns>
    private async Task<bool> FollowAsync(Hash32 id, SlashTrack track)
    {
        var here = track.Kind == (int)ChainSlashKind.Silence ? SlashStatus.Executed : SlashCase.FromBytes((await ledger.FindSlashAsync(id, default))!.State).Status;
        var current = ChainIdOf(id, track);
        var there = await Chain.SlashAsync(current, default);
        var isOpen = there.State is ChainSlashState.Open or ChainSlashState.Appealed;
        switch (here)
        {
            case SlashStatus.Frozen or SlashStatus.Executed when there.State == ChainSlashState.None:
                return await ProposeAsync(current, track);
            case SlashStatus.Executed when there.State == ChainSlashState.Appealed:
                await RuleAsync(current, uphold: true);
                return false;
            case SlashStatus.Executed when there.State == ChainSlashState.Open:
                if ((await Chain.InfoAsync(default)).Time >= there.ExecuteAt)
                    await Chain.EnqueueAsync($"slash/{current}/execute", new SettlementCall.ExecuteSlash(current), default);
                return false;
            // In review again, or not confirmed: nobody may execute it there meanwhile.
            case SlashStatus.Unconfirmed or SlashStatus.Returned when isOpen:
                await RuleAsync(current, uphold: false);
                return false;
            case SlashStatus.Unconfirmed:
                return false;
            case SlashStatus.Frozen or SlashStatus.Executed when there.State == ChainSlashState.Returned:
                if (await Chain.OutcomeAsync(RuleKey(current, uphold: false), default) == CallOutcome.Unknown)
                {
                    log.SlashLapsed(current.ToString(), track.Node);
                    return true;
                }

                // We took it back for the review, which confirmed it: once more, under another id.
                track.Attempt++;
                await record.WriteStateAsync();
                return false;
            default:
                return !isOpen;
        }
    }

    private async Task<bool> ProposeAsync(Hash32 id, SlashTrack track)
    {
        var outcome = await Chain.OutcomeAsync(OpenKey(id), default);
        if (outcome == CallOutcome.Unknown)
        {
            var verdict = Verdict(id, track);
            await Chain.EnqueueAsync(OpenKey(id), new SettlementCall.ProposeSlash(verdict, Chain.SignVerdict(verdict)), default);
        }

        return outcome == CallOutcome.Failed;
    }

    private async Task RuleAsync(Hash32 id, bool uphold)
    {
        var key = RuleKey(id, uphold);
        if (await Chain.OutcomeAsync(key, default) == CallOutcome.Unknown)
            await Chain.EnqueueAsync(key, new SettlementCall.RuleSlash(id, uphold, Chain.SignRuling(id, uphold)), default);
    }

    /// <summary>Silence costs at once here (P5.9); on the chain it is gathered by node and requester until the epoch ends.</summary>
    private async Task GatherPenaltiesAsync()
    {
        const int EntriesMax = 1_000;
        var isNew = false;
        foreach (var address in (await ledger.BalancesAsync(AccountKind.Collateral, default)).Keys)
        {
            var node = NodeId.Parse(address);
            var from = record.State.PenaltiesRead.GetValueOrDefault(address);
            var entries = await ledger.EntriesAsync(LedgerAccount.Collateral(node), from, EntriesMax, default);
            if (entries.Count == 0)
                continue;
            record.State.PenaltiesRead[address] = entries[^1].Sequence;
            isNew = true;
            foreach (var part in entries.Where(e => e.Code == TransferCode.SilencePenalty).GroupBy(e => SettlementRules.AddressOf(e.Counterparty.Owner) ?? default))
            {
                var id = new CanonicalWriter().Text("atoma/chain-silence/1").Node(node).Node(part.Key).Int64(from).Int64(entries[^1].Sequence).Sha256();
                record.State.Slashes[id.ToString()] = new SlashTrack
                {
                    Node = address,
                    Request = Hash32.Zero.ToString(),
                    Victim = part.Key.IsZero ? "" : part.Key.ToString(),
                    AmountMicros = -part.Sum(e => e.Amount.Value),
                    Kind = (int)ChainSlashKind.Silence,
                    Evidence = id.ToString(),
                    Deadline = (time.GetUtcNow() + VerdictLife).ToUnixTimeSeconds(),
                };
            }
        }

        // Before any of it is signed: what was read must not be read again into another verdict.
        if (isNew)
            await record.WriteStateAsync();
    }

    private SlashTrack Track(SlashCase slash) => new()
    {
        Node = slash.Node.ToString(),
        Request = slash.Request.ToString(),
        Victim = slash.RequesterAccount != RequestSpec.NetworkAccount && SettlementRules.AddressOf(slash.RequesterAccount) is { } victim ? victim.ToString() : "",
        AmountMicros = slash.Amount.Value,
        Honest = slash.Honest.Count,
        Resolvers = slash.Resolvers.Count,
        Kind = (int)ChainSlashKind.Malice,
        Evidence = Hash32.Sha256(slash.ToBytes()).ToString(),
        Deadline = (time.GetUtcNow() + VerdictLife).ToUnixTimeSeconds(),
    };

    private static ChainVerdict Verdict(Hash32 id, SlashTrack track) => new(
        id, NodeId.Parse(track.Node), Hash32.Parse(track.Request), track.Victim.Length > 0 ? NodeId.Parse(track.Victim) : default, new Micros(track.AmountMicros),
        track.Honest, track.Resolvers, (ChainSlashKind)track.Kind, Hash32.Parse(track.Evidence), track.Deadline);

    /// <summary>The slash's own id at first, another for each time that it is proposed again.</summary>
    private static Hash32 ChainIdOf(Hash32 id, SlashTrack track) =>
        track.Attempt == 0 ? id : new CanonicalWriter().Text("atoma/chain-slash/1").Hash(id).Int32(track.Attempt).Sha256();

    private static string RuleKey(Hash32 id, bool uphold) => $"slash/{id}/{(uphold ? "uphold" : "return")}";

    private static string OpenKey(Hash32 id) => $"slash/{id}/open";
}
