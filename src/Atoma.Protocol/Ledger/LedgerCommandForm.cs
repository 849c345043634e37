using static Atoma.Protocol.Ledger.StoredForm;

namespace Atoma.Protocol.Ledger;

/// <summary>
/// What a caller must get right before a command reaches the books. A command that breaks these is a bug of ours, not an
/// outcome, so it throws instead of having a status.
/// </summary>
public static class LedgerCommandForm
{
    /// <summary>Parts of one post: as many as a command has operations.</summary>
    public const int PartsMax = LedgerCommand.OperationsMax;

    /// <summary>Slashes in one command: every party of one request at most.</summary>
    public const int SlashesMax = 64;

    /// <summary>Payouts in one command: an administrator's batch.</summary>
    public const int PayoutsMax = 64;

    public const int IdempotencyKeyLengthMax = 128;

    /// <summary>Of a payout's destination and reference: an address, an account number or a transaction's hash.</summary>
    public const int PayoutTextLengthMax = 128;

    /// <exception cref="ArgumentException">The command is malformed.</exception>
    public static void Check(LedgerCommand command)
    {
        var slashes = command.Slashes ?? [];
        var payouts = command.Payouts ?? [];
        Require(command.Operations.Count <= LedgerCommand.OperationsMax, "too many operations");
        Require(slashes.Count <= SlashesMax, "too many slashes");
        Require(payouts.Count <= PayoutsMax, "too many payouts");
        Require(
            command.Operations.Count > 0 || command.Request is not null || slashes.Count > 0 || payouts.Count > 0, "nothing to do");
        foreach (var operation in command.Operations)
            Check(operation);
        if (command.Request is { } request)
            Check(request);
        foreach (var slash in slashes)
            Check(slash);
        Require(slashes.Select(slash => slash.Id).Distinct().Count() == slashes.Count, "two rows of one slash");
        foreach (var payout in payouts)
            Check(payout);
        Require(payouts.Select(payout => payout.Id).Distinct().Count() == payouts.Count, "two rows of one payout");
    }

    private static void Check(LedgerOperation operation)
    {
        switch (operation)
        {
            case LedgerOperation.Transfer transfer:
                Check(transfer.Debit);
                Check(transfer.Credit);
                Check(transfer.Code);
                Require(transfer.Debit.Kind != AccountKind.Escrow && transfer.Credit.Kind != AccountKind.Escrow,
                    "escrow moves by hold, post and void only");
                Require(transfer.Debit.Kind != AccountKind.Burn, "nothing leaves the burn account");
                break;
            case LedgerOperation.Hold hold:
                Check(hold.Payer);
                Require(hold.Payer.Kind is not (AccountKind.External or AccountKind.Burn), "a hold is paid from inside the network");
                break;
            case LedgerOperation.Post post:
                Require(post.Parts.Count <= PartsMax, "too many parts");
                foreach (var part in post.Parts)
                {
                    Check(part.Credit);
                    Check(part.Code);
                }

                Require(post.Parts.Select(part => (part.Credit, part.Code)).Distinct().Count() == post.Parts.Count,
                    "two parts with the same account and code");
                break;
            case LedgerOperation.Void or LedgerOperation.Expire:
                break;
            default:
                throw new ArgumentException($"Malformed ledger command: unknown operation {operation.GetType().Name}.", nameof(operation));
        }
    }

    private static void Check(LedgerAccount account)
    {
        Require(Enum.IsDefined(account.Kind), "unknown account kind");
        var owned = account.Kind is not (AccountKind.External or AccountKind.Escrow or AccountKind.Treasury or AccountKind.Burn or AccountKind.AuditPool);
        Require(owned == account.Owner.Length > 0, "owner missing, or given for an account of the network");
        CheckText(account.Owner, LedgerAccount.OwnerLength);
    }

    private static void Check(TransferCode code) => Require(Enum.IsDefined(code), "unknown transfer code");

    private static void Check(RequestRow row)
    {
        Require(row.Version >= 1, "a row's first version is 1");
        Require(row.Account.Length > 0, "a request without account");
        CheckText(row.Account, LedgerAccount.OwnerLength);
        CheckText(row.IdempotencyKey, IdempotencyKeyLengthMax);
        CheckText(row.Model, int.MaxValue);
    }

    private static void Check(SlashRow row)
    {
        Require(row.Version >= 1, "a row's first version is 1");
        Require(row.Node.Length > 0, "a slash without node");
        CheckText(row.Node, LedgerAccount.OwnerLength);
    }

    private static void Check(PayoutRow row)
    {
        Require(row.Version >= 1, "a row's first version is 1");
        Require(row.Node.Length > 0, "a payout without node");
        Require(row.Amount.IsPositive, "a payout of nothing");
        Require(Enum.IsDefined(row.State), "unknown payout state");
        Require((row.State == PayoutState.Requested) == (row.DecidedAt is null), "a payout decided without time, or not decided with one");
        CheckText(row.Node, LedgerAccount.OwnerLength);
        CheckText(row.Destination, PayoutTextLengthMax);
        CheckText(row.Reference, PayoutTextLengthMax);
    }
}
