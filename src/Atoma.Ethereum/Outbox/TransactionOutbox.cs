using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Outbox;

/// <summary>
/// Sends what is planned so that each has its effect exactly once (P10.3): saved before sent; nonces only from the saved rows; the
/// same bytes again while nothing is known; higher fees on the same nonce when it takes too long; nothing believed before it is
/// final. One outbox for one sender; a second one on the same store is harmless and finds out
/// (<see cref="OutboxConflictException"/>). It holds no state that matters: kill it anywhere and make another.
/// </summary>
public sealed partial class TransactionOutbox : IDisposable
{
    /// <summary>Open rows looked at in one step: more than anybody has waiting.</summary>
    private const int RowsMax = 1_000;

    private readonly IOutboxStore _store;
    private readonly IChainClient _chain;
    private readonly ISigner _signer;
    private readonly ITransactionEffects _effects;
    private readonly OutboxOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<OutboxRow, OutboxView, DateTimeOffset, OutboxOptions, OutboxAction> _decide;
    private readonly SemaphoreSlim _oneStep = new(1, 1);
    private readonly Dictionary<string, DateTimeOffset> _sentAt = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Hash32?> _blocks = [];
    private readonly ulong _chainId;
    private string _stuck = "";
    private bool _isBalanceLow;

    /// <param name="store">Where the rows are.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="chainId">Its id, as <see cref="Watching.ChainIdentityGuard"/> checked it.</param>
    /// <param name="signer">The sender's key; used by nothing else.</param>
    /// <param name="effects">Tells what is done already.</param>
    /// <param name="options">Finality, fees and limits.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public TransactionOutbox(
        IOutboxStore store, IChainClient chain, ulong chainId, ISigner signer, ITransactionEffects effects, OutboxOptions options, TimeProvider time)
        : this(store, chain, chainId, signer, effects, options, time, OutboxRules.Decide)
    {
    }

    /// <summary>With other rules: the tests show that they are found wrong.</summary>
    internal TransactionOutbox(
        IOutboxStore store, IChainClient chain, ulong chainId, ISigner signer, ITransactionEffects effects, OutboxOptions options, TimeProvider time,
        Func<OutboxRow, OutboxView, DateTimeOffset, OutboxOptions, OutboxAction> decide)
    {
        options.Validate();
        (_store, _chain, _chainId, _signer, _effects, _options, _time, _decide) = (store, chain, chainId, signer, effects, options, time, decide);
    }

    /// <summary>As of the last step.</summary>
    public OutboxStatus Status { get; private set; } = OutboxStatus.None;

    /// <summary>Since this outbox was made.</summary>
    public OutboxTally Tally { get; } = new();

    /// <summary>Whose transactions these are.</summary>
    public NodeId Sender => _signer.Id;

    /// <summary>Plans a transaction; durable when it returns. It is signed in one of the next steps.</summary>
    /// <param name="key">Names the effect: what was planned under it before is not planned again.</param>
    /// <param name="target">The contract.</param>
    /// <param name="data">Selector and arguments.</param>
    /// <param name="gasLimit">Most gas that it may take.</param>
    /// <param name="cancellationToken">Stops the wait for the store.</param>
    /// <exception cref="ArgumentException">Malformed (<see cref="SettlementForm"/>).</exception>
    public Task<OutboxAddStatus> PlanAsync(string key, NodeId target, byte[] data, long gasLimit, CancellationToken cancellationToken) =>
        _store.AddTransactionAsync(OutboxRow.Plan(key, Sender, target, data, gasLimit, _time.GetUtcNow()), cancellationToken);

    /// <summary>
    /// Looks at every open row once and does what is due. To be called again and again, whatever it throws: nothing is lost by a
    /// step that ended anywhere.
    /// </summary>
    /// <exception cref="ChainUnavailableException">The chain did not answer.</exception>
    /// <exception cref="ChainDisagreementException">Endpoints contradict each other: nothing is settled until they agree.</exception>
    /// <exception cref="OutboxConflictException">Another process works for the same sender.</exception>
    public async Task<OutboxStatus> StepAsync(CancellationToken cancellationToken)
    {
        await _oneStep.WaitAsync(cancellationToken);
        IReadOnlyList<OutboxRow> rows = [];
        try
        {
            (_stuck, _isBalanceLow) = ("", false);
            _blocks.Clear();
            rows = await _store.OpenTransactionsAsync(Sender, RowsMax, cancellationToken);
            var instant = await ChainInstant.ReadAsync(_chain, Sender, _options.Finality, cancellationToken);
            List<OutboxRow> after = [];
            foreach (var row in rows.Where(row => row.Nonce is not null).OrderBy(row => row.Nonce))
                after.Add(await AdvanceAsync(row, instant, cancellationToken));
            var mayMove = true;
            foreach (var row in rows.Where(row => row.Nonce is null))
            {
                // The order is kept: none overtakes one that cannot be signed now.
                mayMove = mayMove && after.Count(other => other.State == OutboxState.Signed) < _options.InFlightMax;
                after.Add(mayMove ? await SignAsync(row, instant, cancellationToken) : row);
                mayMove = mayMove && after[^1].State != OutboxState.Planned;
            }

            return Status = Look(after, instant.BalanceWei);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Rows grow old also while nothing can be asked.
            _stuck = e.Message;
            Status = Look(rows, Status.BalanceWei);
            throw;
        }
        finally
        {
            _oneStep.Release();
        }
    }

    public void Dispose() => _oneStep.Dispose();

    private OutboxStatus Look(IReadOnlyList<OutboxRow> rows, BigInteger balance)
    {
        var open = rows.Where(row => row.IsOpen).ToList();
        var inFlight = open.Where(row => row.State == OutboxState.Signed).ToList();
        var isBalanceLow = _isBalanceLow || inFlight.Exists(row => balance < new BigInteger(row.GasLimit) * row.Attempts[^1].MaxFeeWei);
        var oldest = open.MinBy(row => row.CreatedAt);
        var age = oldest is null ? TimeSpan.Zero : _time.GetUtcNow() - oldest.CreatedAt;
        return new OutboxStatus(
            open.Count, inFlight.Count, oldest?.Key ?? "", age, age > _options.LateAfter, _stuck, balance, isBalanceLow);
    }

    /// <summary>Remembers the first reason of a step.</summary>
    private void Stuck(OutboxRow row, string reason)
    {
        if (_stuck.Length == 0 && reason.Length > 0)
            _stuck = $"{row.Key}: {reason}";
    }

    /// <summary>Saves the next version of a row.</summary>
    private async Task<OutboxRow> SaveAsync(OutboxRow changed, CancellationToken cancellationToken)
    {
        var next = changed with { Version = changed.Version + 1 };
        var status = await _store.UpdateTransactionAsync(next, cancellationToken);
        return status == OutboxUpdateStatus.Done
            ? next
            : throw new OutboxConflictException($"Transaction {next.Key} was changed by another process ({status}). One process at a time may send for {Sender}.");
    }

    private async Task<OutboxRow> EndAsync(OutboxRow row, OutboxState state, ChainPoint? minedIn, string reason, CancellationToken cancellationToken)
    {
        var ended = await SaveAsync(row with { State = state, MinedIn = minedIn, Reason = Bounded(reason) }, cancellationToken);
        if (state == OutboxState.Final)
            Tally.Finals++;
        else
            Tally.Failures++;
        _sentAt.Remove(row.Key);
        return ended;
    }

    private static string Bounded(string reason)
    {
        var clean = string.Concat(reason.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)));
        return clean.Length <= OutboxLimits.ReasonLengthMax ? clean : clean[..OutboxLimits.ReasonLengthMax];
    }
}
