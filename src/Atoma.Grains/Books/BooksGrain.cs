using Atoma.Grains.Abstractions;
using Atoma.Grains.Cases;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Orleans.Concurrency;

namespace Atoma.Grains.Books;

/// <summary>Reads the books for the API; holds no state of its own.</summary>
[StatelessWorker]
internal sealed class BooksGrain(
    ILedgerStore ledger, ISigner coordinator, NetworkOptions options, NetworkStatus status, TimeProvider time) : Grain, IBooksGrain
{
    /// <summary>Newest requests among which reviews are looked for. Each is parsed, about 0.1 ms.</summary>
    private const int ReviewsScanned = 200;

    /// <summary>Open cases counted.</summary>
    private const int CasesCounted = 1000;

    public async Task<bool> IsIdempotencyKeyUsed(string account, string idempotencyKey) =>
        await ledger.FindRequestAsync(account, idempotencyKey, default) is not null;

    public async Task<NetworkInfo> Network()
    {
        var books = await ledger.AuditAsync(default);
        var counts = await ledger.RequestCountsAsync(default);
        var slashes = await ledger.OpenSlashesAsync(DateTimeOffset.MaxValue, CasesCounted, default);
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
            AuditPoolMicros = (await ledger.BalanceAsync(LedgerAccount.AuditPool, default)).Value,
            OpenCases = slashes.CountBy(r => CaseView.Name(SlashCase.FromBytes(r.State).Status)).ToDictionary(c => c.Key, c => (long)c.Value, StringComparer.Ordinal),
            Consensus = new ConsensusInfo(
                options.Terms.AuditPpm / (double)Audit.Certain, options.AuditCheckers, options.CheckPermille / 1000.0, options.ExposureRatio,
                options.CanaryPpm / (double)Audit.Certain, options.AdversaryPermille / 1000.0),
        };
    }

    public async Task<IReadOnlyList<SlashInfo>> Slashes(string node, int limit)
    {
        var rows = await ledger.SlashesAsync(node.Length == 0 ? null : node, Math.Clamp(limit, 1, 1000), default);
        return [.. rows.Select(r => CaseView.Of(SlashCase.FromBytes(r.State)))];
    }

    public async Task<IReadOnlyList<ReviewSummary>> RecentReviews(int limit)
    {
        var rows = await ledger.RecentRequestsAsync(account: null, ReviewsScanned, default);
        return [.. rows.Select(Review).OfType<ReviewSummary>().Take(limit)];
    }

    public async Task<IReadOnlyList<RequestSummary>> RecentRequests(string account, int limit)
    {
        var rows = await ledger.RecentRequestsAsync(account.Length == 0 ? null : account, Math.Clamp(limit, 1, 1000), default);
        return [.. rows.Select(r => new RequestSummary(
            r.Id.ToString(), Status(r), r.Model, r.CreatedAt))];
    }

    private static ReviewSummary? Review(RequestRow row)
    {
        var state = RequestRows.Receipt(row)?.Receipt.State;
        var spec = state?.Spec ?? RequestRows.Spec(row);
        return spec.Review is { } review
            ? new ReviewSummary(
                row.Id.ToString(), RequestView.Snake(review.Kind.ToString()), review.Origin.ToString(), row.Model, Status(row),
                state?.Finding is { } finding ? RequestView.Snake(finding.ToString()) : "", review.Panel, row.CreatedAt)
            : null;
    }

    private static string Status(RequestRow row) => row.Open ? "open" : RequestView.Name((RequestPhase)row.Phase);
}
