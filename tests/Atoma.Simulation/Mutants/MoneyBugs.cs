using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Mutants;

// P5.1, P5.6, P5.9, P8.4, P9, P11: what is written into books and receipts.

internal sealed class NoHold(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override LedgerCommand Accept(RequestSpec spec, SlashRow? @case) => base.Accept(spec, @case) with { Operations = [] };
}

/// <summary>Changes the command that ends a request.</summary>
internal abstract class FinishBug(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override LedgerCommand Finish(SignedReceipt receipt, Func<LedgerAccount, Micros> balance, SlashRow? @case, int life) =>
        Change(base.Finish(receipt, balance, @case, life), receipt.Receipt.State, life);

    protected abstract LedgerCommand Change(LedgerCommand command, RequestState state, int life);

    protected static Hash32 Salted(Hash32 id) => Hash32.Sha256(id.ToArray());
}

internal sealed class HoldNotReleased(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) =>
        command with { Operations = [.. command.Operations.Where(o => o is not LedgerOperation.Void)] };
}

/// <summary>A refund keeps a little.</summary>
internal sealed class RefundKeepsFee(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) => command with
    {
        Operations = [.. command.Operations.Select(o => o is LedgerOperation.Void v
            ? new LedgerOperation.Post(v.Id, [new PostPart(LedgerAccount.Treasury, state.Spec.Hold.PermilleCeiling(10), TransferCode.Fee)]) : o)],
    };
}

internal sealed class PaysAboveHold(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) => state.Phase != RequestPhase.Settled ? command : command with
    {
        Operations = [.. command.Operations, new LedgerOperation.Transfer(Salted(state.Spec.Id), LedgerAccount.User(state.Spec.Account), LedgerAccount.Treasury, new Micros(1), TransferCode.Fee)],
    };
}

/// <summary>A coordinator that comes back does not see that a request has ended, and pays for it again.</summary>
internal sealed class SettlesAgain(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    public override bool IsOpen(RequestRow row, int life) => row.Open || (life == 2 && row.Version == 2);

    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) => life != 2 ? command : command with
    {
        Operations =
        [
            new LedgerOperation.Hold(Salted(state.Spec.Id), LedgerAccount.User(state.Spec.Account), new Micros(100), state.Spec.Deadline),
            new LedgerOperation.Post(Salted(state.Spec.Id), [new PostPart(LedgerAccount.Treasury, new Micros(100), TransferCode.Fee)]),
        ],
        Request = command.Request! with { Version = 3 },
    };
}

internal sealed class FinedTwice(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) => command with
    {
        Operations = [.. command.Operations, .. command.Operations.OfType<LedgerOperation.Transfer>().Where(t => t.Code == TransferCode.SilencePenalty).Select(t => t with { Id = Salted(t.Id) })],
    };
}

internal sealed class SilenceIsFree(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) =>
        command with { Operations = [.. command.Operations.Where(o => o is not LedgerOperation.Transfer { Code: TransferCode.SilencePenalty })] };
}

/// <summary>A conviction that nobody acts on.</summary>
internal sealed class ConvictionWithoutSlash(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) =>
        command with { Operations = [.. command.Operations.Where(o => o is not LedgerOperation.Transfer { Code: TransferCode.SlashFreeze })], Slashes = [] };
}

/// <summary>[C]: nodes that timed out share in a slash as honest ones.</summary>
internal sealed class TimedOutAreHonest(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life)
    {
        NodeId[] late = [.. state.Participants.Where(p => p.Failure == ParticipantFailure.Silent).Select(p => p.Node)];
        return command with { Slashes = [.. (command.Slashes ?? []).Select(row => (SlashCase.FromBytes(row.State) is var s ? s with { Honest = [.. s.Honest, .. late] } : s).Row(row.Version))] };
    }
}

/// <summary>Who vouched for a cheat shares in its fall.</summary>
internal sealed class VouchersShare(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life)
    {
        NodeId[] voted = [.. state.Participants.Where(p => p.Status == ParticipantStatus.Voted && p.Purpose == DrawPurpose.Checker).Select(p => p.Node)];
        return command with { Slashes = [.. (command.Slashes ?? []).Select(row => (SlashCase.FromBytes(row.State) is var s ? s with { Honest = [.. s.Honest.Union(voted)] } : s).Row(row.Version))] };
    }
}

/// <summary>[C]: what is left after rounding, and the share of a group that is empty, is lost.</summary>
internal sealed class RemainderLost(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override LedgerCommand Execute(SlashRow slash)
    {
        var amount = SlashCase.FromBytes(slash.State).Amount;
        var command = base.Execute(slash);
        return command with
        {
            Operations = [.. command.Operations.Select(o => o is LedgerOperation.Transfer { Code: TransferCode.SlashTreasury } t ? t with { Amount = amount.PermilleFloor(SlashShares.Default.Treasury) } : o)],
        };
    }
}

internal sealed class SlashedBeforeTheWindow(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override DateTimeOffset DueAt(SlashRow slash) => slash.DueAt.AddMinutes(-5);
}

internal sealed class ReceiptOmitsTheFailed(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override Receipt Receipt(RequestState state, DateTimeOffset now) =>
        base.Receipt(state with { Participants = state.Participants.RemoveAll(p => p.Status == ParticipantStatus.Failed) }, now);
}

/// <summary>The last one drawn is left out, where nobody would miss it.</summary>
internal sealed class ReceiptOmitsTheLast(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override Receipt Receipt(RequestState state, DateTimeOffset now) =>
        base.Receipt(state.Phase != RequestPhase.Settled && state.Participants.Count > 1 ? state with { Participants = state.Participants.RemoveAt(state.Participants.Count - 1) } : state, now);
}

internal sealed class PaidWithoutVote(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override Receipt Receipt(RequestState state, DateTimeOffset now)
    {
        if (state.Phase != RequestPhase.Settled || state.Participants.Find(p => !p.Generates && p.Status is ParticipantStatus.Failed or ParticipantStatus.Dismissed) is not { } idle)
            return base.Receipt(state, now);
        return base.Receipt(state with { Payments = state.Payments.Add(new Payment(LedgerAccount.Earnings(idle.Node), new Micros(1), TransferCode.PayChecker)) }, now);
    }
}

/// <summary>The votes of three resolvers are enough to take collateral.</summary>
internal sealed class NoAssembly(RequestOptions options, ISignatureScheme signatures) : FinishBug(options, signatures)
{
    protected override LedgerCommand Change(LedgerCommand command, RequestState state, int life) => command with
    {
        Slashes = [.. (command.Slashes ?? []).Select(row => (SlashCase.FromBytes(row.State) is { Status: SlashStatus.Unconfirmed } s
            ? s with { Status = SlashStatus.Frozen, DueAt = s.OpenedAt + AppealWindow } : SlashCase.FromBytes(row.State)).Row(row.Version))],
    };
}

/// <summary>A node works on as many answers as it is given, whatever its collateral covers.</summary>
internal sealed class ExposureIgnored(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override bool Covers(Micros outstanding, Micros value, Micros collateral) => true;
}
