using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Requests;

/// <summary>The row format of requests: what stands before the bytes.</summary>
internal enum RowFormat : byte
{
    /// <summary>Open: the <see cref="RequestSpec"/>.</summary>
    Spec = 0,

    /// <summary>Terminal: the <see cref="SignedReceipt"/>.</summary>
    Receipt = 1,
}

/// <summary>Turns a request's beginning and end into single ledger commands (P5.1, P5.6).</summary>
internal sealed class Settlement(ILedgerStore ledger, ISigner coordinator, NetworkOptions options)
{
    /// <summary>Attempts when a collateral changed between reading and moving it.</summary>
    private const int AttemptsMax = 8;

    public static RequestRow OpenRow(RequestSpec spec) =>
        new(spec.Id, spec.Account, spec.IdempotencyKey, spec.Model.Id, (int)RequestPhase.Generating, Open: true, spec.CreatedAt, spec.Deadline,
            [(byte)RowFormat.Spec, .. spec.ToBytes()], Version: 1);

    /// <summary>Hold and acceptance in one step: no hold, no work (P5.1).</summary>
    public Task<LedgerResult> AcceptAsync(RequestSpec spec) =>
        ledger.CommitAsync(new LedgerCommand(
            [new LedgerOperation.Hold(spec.Id, LedgerAccount.User(spec.Account), spec.Hold, spec.Deadline)], OpenRow(spec)), default);

    /// <summary>Pays or returns the hold, takes silence penalties, freezes the collateral of the convicted and stores the receipt, all at once.</summary>
    public async Task<(LedgerResult Result, SignedReceipt Receipt)> FinishAsync(RequestState state, DateTimeOffset now)
    {
        Invariant.Assert(state.IsTerminal);
        now = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var receipt = SignedReceipt.Sign(new Receipt(state, options.Request.Resolvers, now), coordinator);
        for (var attempt = 1; ; attempt++)
        {
            var (operations, slashes) = await PenaltiesAsync(state, now);
            operations.Insert(0, state.Phase == RequestPhase.Settled
                ? new LedgerOperation.Post(state.Spec.Id, [.. state.Payments.Select(p => new PostPart(p.To, p.Amount, p.Code))])
                : new LedgerOperation.Void(state.Spec.Id));
            var row = OpenRow(state.Spec) with
            {
                Phase = (int)state.Phase,
                Open = false,
                State = [(byte)RowFormat.Receipt, .. receipt.ToBytes()],
                Version = 2,
            };
            var result = await ledger.CommitAsync(new LedgerCommand(operations, row, slashes), default);
            if (result.Status != LedgerStatus.InsufficientFunds || attempt == AttemptsMax)
                return (result, receipt);
        }
    }

    private async Task<(List<LedgerOperation> Operations, List<SlashRow> Slashes)> PenaltiesAsync(RequestState state, DateTimeOffset now)
    {
        List<LedgerOperation> operations = [];
        List<SlashRow> slashes = [];
        foreach (var silent in state.Participants.Where(p => p.Failure == ParticipantFailure.Silent))
        {
            // P5.9: the requester whose time it cost gets it.
            var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(silent.Node), default);
            var penalty = collateral.PermilleFloor(options.Request.SilencePermille);
            if (penalty.IsPositive)
            {
                var id = new CanonicalWriter().Text("atoma/silence/1").Hash(state.Spec.Id).Node(silent.Node).Sha256();
                operations.Add(new LedgerOperation.Transfer(
                    id, LedgerAccount.Collateral(silent.Node), LedgerAccount.User(state.Spec.Account), penalty, TransferCode.SilencePenalty));
            }
        }

        foreach (var conviction in state.Convictions)
        {
            var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(conviction.Node), default);
            var amount = collateral.PermilleFloor(options.Request.MalicePermille);
            var slash = SlashCase.Open(state, conviction, amount, now, options.AppealWindow);
            if (amount.IsPositive)
            {
                operations.Add(new LedgerOperation.Transfer(
                    slash.Id, LedgerAccount.Collateral(slash.Node), LedgerAccount.Frozen(slash.Node), amount, TransferCode.SlashFreeze));
            }

            slashes.Add(new SlashRow(slash.Id, slash.Node.ToString(), slash.Request, Open: true, slash.DueAt, slash.ToBytes(), Version: 1));
        }

        return (operations, slashes);
    }
}
