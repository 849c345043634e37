using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Orleans.Concurrency;

namespace Atoma.Grains.Books;

/// <summary>Reads the books for the API; holds no state of its own.</summary>
[StatelessWorker]
internal sealed class BooksGrain(
    ILedgerStore ledger, IAccountStore accounts, ISigner coordinator, NetworkOptions options, NetworkStatus status, TimeProvider time) : Grain, IBooksGrain
{
    public async Task<KeyInfo?> FindKey(string keyHash)
    {
        if (!Hash32.TryParse(keyHash, out var hash) || await accounts.FindKeyAsync(hash, default) is not { RevokedAt: null } key)
            return null;
        return new KeyInfo(key.Account, key.Scope.ToString().ToLowerInvariant());
    }

    public async Task<AccountInfo> Balance(string account) =>
        new(account, (await ledger.BalanceAsync(LedgerAccount.User(account), default)).Value);

    public async Task<NetworkInfo> Network()
    {
        var books = await ledger.AuditAsync(default);
        var counts = await ledger.RequestCountsAsync(default);
        var slashes = await ledger.OpenSlashesAsync(DateTimeOffset.MaxValue, 1000, default);
        var epoch = time.GetUtcNow().ToUnixTimeSeconds() / options.EpochSeconds;
        return new NetworkInfo
        {
            Epoch = epoch,
            EpochEndsAt = DateTimeOffset.FromUnixTimeSeconds((epoch + 1) * options.EpochSeconds),
            Coordinator = coordinator.Id.ToString(),
            Requests = counts.ToDictionary(c => c.Phase < (int)RequestPhase.Settled ? "open" : RequestView.Name((RequestPhase)c.Phase), c => c.Count, StringComparer.Ordinal),
            DepositsMicros = books.Deposits.Value,
            WithdrawalsMicros = books.Withdrawals.Value,
            BurnedMicros = books.Burned.Value,
            AccountsMicros = books.Accounts.Value,
            EscrowMicros = books.Escrow.Value,
            HoldsMicros = books.Holds.Value,
            DifferenceMicros = books.Difference.Value,
            MismatchedAccounts = books.MismatchedAccounts,
            OpenSlashes = slashes.Count,
            Ready = status.IsReady,
            Beacon = await GrainFactory.GetGrain<IBeaconGrain>(Keys.Beacon).Current(),
        };
    }

    public async Task<IReadOnlyList<SlashInfo>> Slashes(string node, int limit)
    {
        var rows = await ledger.SlashesAsync(node.Length == 0 ? null : node, Math.Clamp(limit, 1, 1000), default);
        return [.. rows.Select(r => SlashCase.FromBytes(r.State)).Select(s => new SlashInfo
        {
            Id = s.Id.ToString(),
            Node = s.Node.ToString(),
            Request = s.Request.ToString(),
            Evidence = RequestView.Snake(s.Evidence.ToString()),
            Reason = s.Reason,
            AmountMicros = s.Amount.Value,
            Status = s.Status.ToString().ToLowerInvariant(),
            OpenedAt = s.OpenedAt,
            DueAt = s.DueAt,
        })];
    }

    public async Task<IReadOnlyList<RequestSummary>> RecentRequests(string account, int limit)
    {
        var rows = await ledger.RecentRequestsAsync(account.Length == 0 ? null : account, Math.Clamp(limit, 1, 1000), default);
        return [.. rows.Select(r => new RequestSummary(
            r.Id.ToString(), r.Open ? "open" : RequestView.Name((RequestPhase)r.Phase), r.Model, r.CreatedAt))];
    }
}
