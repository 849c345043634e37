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
        var there = await Chain.SlashAsync(id, default);
        switch (there.State)
        {
            case ChainSlashState.None:
                var verdict = Verdict(id, track);
                if (await Chain.OutcomeAsync(OpenKey(id), default) == CallOutcome.Unknown)
                    await Chain.EnqueueAsync(OpenKey(id), new SettlementCall.ProposeSlash(verdict, Chain.SignVerdict(verdict)), default);
                return await Chain.OutcomeAsync(OpenKey(id), default) == CallOutcome.Failed;
            case ChainSlashState.Open or ChainSlashState.Appealed when here == SlashStatus.Returned:
                await RuleAsync(id, uphold: false);
                return false;
            case ChainSlashState.Appealed when here == SlashStatus.Executed:
                await RuleAsync(id, uphold: true);
                return false;
            case ChainSlashState.Open when here == SlashStatus.Executed && (await Chain.InfoAsync(default)).Time >= there.ExecuteAt:
                await Chain.EnqueueAsync($"slash/{id}/execute", new SettlementCall.ExecuteSlash(id), default);
                return false;
            case ChainSlashState.Returned when here == SlashStatus.Executed:
                log.SlashLapsed(id.ToString(), track.Node);
                return true;
            default:
                return there.State is ChainSlashState.Executed or ChainSlashState.Returned;
        }
    }

    private async Task RuleAsync(Hash32 id, bool uphold)
    {
        var key = $"slash/{id}/{(uphold ? "uphold" : "return")}";
        if (await Chain.OutcomeAsync(key, default) == CallOutcome.Unknown)
            await Chain.EnqueueAsync(key, new SettlementCall.RuleSlash(id, uphold, Chain.SignRuling(id, uphold)), default);
    }

    /// <summary>Silence costs at once here (P5.9); on the chain it is gathered by node and requester until the epoch ends.</summary>
    private async Task GatherPenaltiesAsync()
    {
        const int EntriesMax = 1_000;
        foreach (var address in (await ledger.BalancesAsync(AccountKind.Collateral, default)).Keys)
        {
            var node = NodeId.Parse(address);
            var from = record.State.PenaltiesRead.GetValueOrDefault(address);
            var entries = await ledger.EntriesAsync(LedgerAccount.Collateral(node), from, EntriesMax, default);
            if (entries.Count == 0)
                continue;
            record.State.PenaltiesRead[address] = entries[^1].Sequence;
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

    private static string OpenKey(Hash32 id) => $"slash/{id}/open";
}
