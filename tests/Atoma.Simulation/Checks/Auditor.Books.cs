using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Checks;

// P11 money, P5.9 penalties, P8.4–8.5 slashes.
internal sealed partial class Auditor
{
    private readonly Dictionary<LedgerAccount, long> _balances = [];
    private readonly HashSet<(Hash32 Request, NodeId Node)> _fined = [];
    private readonly Dictionary<Hash32, SlashCase> _cases = [];

    /// <summary>When a case's appeal window began.</summary>
    private readonly Dictionary<Hash32, DateTimeOffset> _frozenAt = [];
    private int _entries;
    private long _holds;

    /// <summary>After every command, done or refused: only what changed is looked at.</summary>
    public void Committed(LedgerCommand command, LedgerResult result)
    {
        var fresh = new List<LedgerEntry>();
        for (; _entries < world.Disk.Ledger.Entries.Count; _entries++)
            fresh.Add(world.Disk.Ledger.Entries[_entries]);
        if (result.Status != LedgerStatus.Ok)
        {
            if (fresh.Count > 0)
                Fail("atomic", $"a command that ended {result.Status} moved money");
            return;
        }

        CountEntries(fresh);
        if (command.Request is { Open: true } opened)
            Opened(opened);
        if (command.Request is { Open: false } closed)
            Closed(closed, command, fresh);
        foreach (var row in command.Slashes ?? [])
            Slashed(row, fresh);
        CheckHolds();
        CheckOrphanMoves(command, fresh);
    }

    /// <summary>P11: every entry has its counterpart, no balance but the outside's is below zero.</summary>
    private void CountEntries(List<LedgerEntry> fresh)
    {
        var sum = 0L;
        foreach (var entry in fresh)
        {
            sum += entry.Amount.Value;
            var balance = _balances[entry.Account] = _balances.GetValueOrDefault(entry.Account) + entry.Amount.Value;
            if (balance != entry.BalanceAfter.Value)
                Fail("conservation", $"{entry.Account} says {entry.BalanceAfter}, its entries sum to {balance}");
            if (balance < 0 && entry.Account.Kind != AccountKind.External)
                Fail("negative-balance", $"{entry.Account} has {balance}");
            if (entry.Code == TransferCode.Hold && entry.Amount.IsPositive)
                _holds += entry.Amount.Value;
        }

        if (sum != 0)
            Fail("conservation", $"a command's entries sum to {sum}");
    }

    private void Opened(RequestRow row)
    {
        var spec = RequestRows.Spec(row);
        if (_stories.ContainsKey(row.Id))
            Fail("terminal", $"{Short(row.Id)} is opened twice");
        var story = _stories[row.Id] = new Story(spec);
        _order.Add(story);
        _open.Add(story);
        Tally.Requests++;
    }

    private void Closed(RequestRow row, LedgerCommand command, List<LedgerEntry> fresh)
    {
        var story = _stories[row.Id];
        if (story.ClosedRow is not null)
            Fail("terminal", $"the stored end of {Short(row.Id)} was changed");
        story.ClosedRow = row.State;
        story.Receipt = RequestRows.Receipt(row)!;
        _open.Remove(story);
        _holds -= story.Spec.Hold.Value;
        var state = story.Receipt.Receipt.State;
        CheckReceipt(story);
        CheckPayments(story, state, fresh);
        CheckFines(story, state, command, fresh);
        foreach (var conviction in state.Convictions)
        {
            var isHeld = command.Slashes?.Any(s => SlashCase.FromBytes(s.State).Node == conviction.Node) == true
                || (state.Spec.Review is not null && _cases.Values.Any(c => c.Node == conviction.Node));
            if (!isHeld)
                Fail("slash", $"{Short(row.Id)} convicts {world.Node(conviction.Node)} and no case follows");
        }

        Count(state);
    }

    /// <summary>P5.6: what leaves the hold is what the receipt says, and the rest goes back.</summary>
    private static void CheckPayments(Story story, RequestState state, List<LedgerEntry> fresh)
    {
        var user = LedgerAccount.User(story.Spec.Account);
        var fromHold = fresh.Where(e => e.Operation == story.Spec.Id).ToArray();
        var left = fromHold.Where(e => e.Account == LedgerAccount.Escrow).Sum(e => -e.Amount.Value);
        if (state.Spec.Hold == Micros.Zero && fromHold.Length == 0)
            return;
        if (left != story.Spec.Hold.Value)
            Fail("hold", $"{Short(story.Spec.Id)} held {story.Spec.Hold} and {left} left escrow");
        var back = fromHold.Where(e => e.Account == user && e.Code == TransferCode.Release).Sum(e => e.Amount.Value);
        if (story.Spec.Hold.Value - back != state.Price.Value)
            Fail("payment", $"{Short(story.Spec.Id)} costs {state.Price}, but {back} of {story.Spec.Hold} came back");
        var paid = fromHold.Where(e => e.Amount.IsPositive && e.Code != TransferCode.Release).Select(e => (e.Account, e.Amount, e.Code)).ToHashSet();
        if (!paid.SetEquals(state.Payments.Select(p => (p.To, p.Amount, p.Code))))
            Fail("payment", $"{Short(story.Spec.Id)} paid otherwise than its receipt says");
        if (fresh.Exists(e => e.Account == user && !e.Amount.IsPositive))
            Fail("payment", $"the requester of {Short(story.Spec.Id)} pays beside its hold");
    }

    /// <summary>P5.9: a silent node loses its part once, to the requester; nobody else does.</summary>
    private void CheckFines(Story story, RequestState state, LedgerCommand command, List<LedgerEntry> fresh)
    {
        var silent = state.Participants.Where(p => p.Failure == ParticipantFailure.Silent).Select(p => p.Node).ToArray();
        foreach (var node in silent)
        {
            var account = LedgerAccount.Collateral(node);
            var fines = fresh.Where(e => e.Account == account && e.Code == TransferCode.SilencePenalty).ToArray();
            var before = new Micros(_balances.GetValueOrDefault(account) - fresh.Where(e => e.Account == account).Sum(e => e.Amount.Value));
            var due = before.PermilleFloor(world.Rules.Options.SilencePermille);
            if (due.IsPositive && (fines.Length != 1 || -fines[0].Amount != due || fines[0].Counterparty != story.Spec.Requester))
                Fail("silence", $"{world.Node(node)} was silent in {Short(story.Spec.Id)} and paid {fines.Length} fines");
            _fined.Add((story.Spec.Id, node));
        }

        var all = fresh.Count(e => e.Code == TransferCode.SilencePenalty && !e.Amount.IsPositive);
        if (all > silent.Length)
            Fail("silence", $"{Short(story.Spec.Id)} fines nodes that were not silent");
        if (command.Operations.OfType<LedgerOperation.Transfer>().Any(t => t.Code is not (TransferCode.SilencePenalty or TransferCode.SlashFreeze or TransferCode.SlashReturn or TransferCode.PayAuditor)))
            Fail("payment", $"the settlement of {Short(story.Spec.Id)} moves money that is neither hold nor penalty");
    }

    /// <summary>P8.2, P8.5: every step of a case is one that the rules allow, at its time.</summary>
    private void Slashed(SlashRow row, List<LedgerEntry> fresh)
    {
        var slash = SlashCase.FromBytes(row.State);
        var moved = fresh.Where(e => e.Account.Kind == AccountKind.Frozen && e.Account.Owner == slash.Node.ToString()).Sum(e => e.Amount.Value);
        if (!_cases.TryGetValue(slash.Id, out var before))
            CaseOpened(slash, moved);
        else
            CaseMoved(before, slash, moved, fresh);
        _cases[slash.Id] = slash;
    }

    private void CaseOpened(SlashCase slash, long moved)
    {
        if (slash.Status is not (SlashStatus.Frozen or SlashStatus.Unconfirmed or SlashStatus.Inquiry))
            Fail("slash", $"a case begins as {slash.Status}");
        // P8.2: what rests on a few resolvers' votes is confirmed by an assembly first.
        if (slash.Evidence == EvidenceKind.Stage2Mismatch && slash.Status == SlashStatus.Frozen && _stories[slash.Request].Spec.Review is not { Kind: ReviewKind.Assembly })
            Fail("assembly", $"the slash of {world.Node(slash.Node)} rests on resolvers alone");
        _frozenAt[slash.Id] = world.Time.Now;
        if (slash.Status == SlashStatus.Inquiry)
            return;
        var state = _stories[slash.Request].Receipt!.Receipt.State;
        if (!state.Convictions.Exists(c => c.Node == slash.Node))
            Fail("slash", $"{world.Node(slash.Node)} is slashed without a conviction");
        if (moved < slash.Amount.Value)
            Fail("slash", "what is frozen is not what the case says");
        // P8.4: all of the collateral.
        if (_balances.GetValueOrDefault(LedgerAccount.Collateral(slash.Node)) != 0)
            Fail("slash", $"{world.Node(slash.Node)} keeps collateral after its conviction");
        CheckShares(slash, state);
    }

    private void CaseMoved(SlashCase before, SlashCase after, long moved, List<LedgerEntry> fresh)
    {
        switch (before.Status, after.Status)
        {
            case (SlashStatus.Unconfirmed, SlashStatus.Frozen):
                _frozenAt[after.Id] = world.Time.Now;
                if (IsHonest(after.Node))
                    Tally.FramedByAssembly++;
                break;
            case (SlashStatus.Frozen, SlashStatus.Executed):
                if (before.Subject == Hash32.Zero && IsHonest(after.Node) && before.Evidence != EvidenceKind.FalseVote)
                    Fail("honest-node-slashed", $"{world.Node(after.Node)} loses its collateral");
                if (world.Time.Now < _frozenAt[after.Id] + Rules.AppealWindow)
                    Fail("appeal-window", $"{world.Node(after.Node)} loses its collateral {(_frozenAt[after.Id] + Rules.AppealWindow - world.Time.Now).TotalSeconds:F0} s before its appeal window ends");
                CheckSplit(before, fresh.Where(e => e.Counterparty == LedgerAccount.Frozen(after.Node)).ToArray());
                break;
            case (SlashStatus.Unconfirmed or SlashStatus.Frozen, SlashStatus.Returned) when -moved == before.Amount.Value:
            case (SlashStatus.Frozen, SlashStatus.Unconfirmed) when after.Appealed:
            case (SlashStatus.Frozen, SlashStatus.Frozen) when after.Appealed:
            case (SlashStatus.Unconfirmed, SlashStatus.Unconfirmed):
            case (SlashStatus.Inquiry, SlashStatus.Inquiry or SlashStatus.Closed):
                break;
            default:
                Fail("slash", $"a case goes from {before.Status} to {after.Status}");
                break;
        }
    }

    /// <summary>Shares go to who did the request's work and did not vouch for the cheat.</summary>
    private void CheckShares(SlashCase slash, RequestState state)
    {
        var subject = state.Spec.Review?.Digest ?? state.Participants.Find(p => p.Node == slash.Node)!.Digest;
        foreach (var node in slash.Honest.Concat(slash.Resolvers))
        {
            // An assembly that found the answer right says that its authors were honest.
            if (state is { Finding: Verdict.Match, Spec.Review: { } review } && review.Authors.Any(a => a.Node == node))
                continue;
            var p = state.Participants.Find(q => q.Node == node);
            if (p is null || p.Node == slash.Node || p.Status is not (ParticipantStatus.Revealed or ParticipantStatus.Voted)
                || (state.Spec.Review is null && p.Ballots.Exists(b => b.Subject == subject && b.Vote?.Verdict == Verdict.Match)))
                Fail("slash-shares", $"{world.Node(node)} shares in a slash without having done its part ({p?.Status})");
        }
    }

    /// <summary>P8.4 recomputed: permille of the whole, remainders to the treasury, nothing lost.</summary>
    private static void CheckSplit(SlashCase slash, LedgerEntry[] parts)
    {
        var amount = slash.Amount.Value;
        Expect(AccountKind.User, TransferCode.SlashRequester, slash.RequesterAccount == RequestSpec.NetworkAccount ? 0 : amount / 4);
        Expect(AccountKind.Burn, TransferCode.SlashBurn, amount / 10);
        Expect(AccountKind.Earnings, TransferCode.SlashHonest, Even(amount / 5, slash.Honest.Count));
        Expect(AccountKind.Earnings, TransferCode.SlashResolver, Even(amount / 10, slash.Resolvers.Count));
        if (parts.Sum(p => p.Amount.Value) != amount)
            Fail("slash-split", $"of {amount} frozen, {parts.Sum(p => p.Amount.Value)} was divided");

        void Expect(AccountKind kind, TransferCode code, long due)
        {
            var got = parts.Where(p => p.Code == code && p.Account.Kind == kind).Sum(p => p.Amount.Value);
            if (got != due)
                Fail("slash-split", $"{code} got {got} of {due}");
        }
    }

    private static long Even(long share, int count) => count == 0 ? 0 : share / count * count;

    /// <summary>Escrow holds exactly the holds of open requests.</summary>
    private void CheckHolds()
    {
        var escrow = _balances.GetValueOrDefault(LedgerAccount.Escrow);
        if (escrow != _holds || _holds != _open.Sum(s => s.Spec.Hold.Value))
            Fail("escrow", $"escrow has {escrow}, open requests hold {_open.Sum(s => s.Spec.Hold.Value)}");
    }

    /// <summary>After the start money moves only with a request's end or a slash's.</summary>
    private void CheckOrphanMoves(LedgerCommand command, List<LedgerEntry> fresh)
    {
        if (command.Request is null && command.Slashes is null && fresh.Exists(e => e.Code is not (TransferCode.Bond or TransferCode.Deposit)))
            Fail("payment", $"{fresh[0].Code} of {fresh[0].Amount} belongs to no request and no slash");
    }

    private void RecountBooks()
    {
        var sums = new Dictionary<LedgerAccount, long>();
        foreach (var entry in world.Disk.Ledger.Entries)
            sums[entry.Account] = sums.GetValueOrDefault(entry.Account) + entry.Amount.Value;
        foreach (var (account, balance) in world.Disk.Ledger.Balances)
        {
            if (sums.GetValueOrDefault(account) != balance.Value)
                Fail("conservation", $"{account} has {balance}, its entries say {sums.GetValueOrDefault(account)}");
            if (account.Kind == AccountKind.Frozen && balance != Micros.Zero)
                Fail("slash-split", $"{balance} stay frozen at the end");
        }

        if (sums.Values.Sum() != 0)
            Fail("conservation", "the books do not sum to zero");
        if (sums.Count < 64 && !world.Disk.Ledger.Audit().IsExact)
            Fail("conservation", $"the books' own audit says {world.Disk.Ledger.Audit()}");
        foreach (var slash in world.Disk.Ledger.Slashes.Where(s => s.Open))
            Fail("slash", $"the case of {slash.Node} never ended");
    }
}
