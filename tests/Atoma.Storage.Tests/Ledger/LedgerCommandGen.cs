using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using CsCheck;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

/// <summary>Random well-formed commands over few ids, accounts and amounts, so that they collide often.</summary>
internal static class LedgerCommandGen
{
    /// <summary>Time between the rounds of a sequence: three of them cross midnight.</summary>
    public const int StepS = 7 * 3600;

    /// <summary>Keys with a budget, the first by day, the second for life.</summary>
    public static readonly IReadOnlyList<string> Keys = ["key-a", "key-b"];

    private static readonly LedgerAccount[] Places =
        [LedgerAccount.External, Alice, Bob, LedgerAccount.Collateral(Node), NodeEarnings, LedgerAccount.Payable(Node), LedgerAccount.Treasury];

    private static readonly Gen<string> OperationName = Gen.Int[0, 9].Select(i => $"op{i}");
    private static readonly Gen<LedgerAccount> Debit = OneOf(Places);
    private static readonly Gen<LedgerAccount> Credit = OneOf([.. Places, LedgerAccount.Burn]);
    private static readonly Gen<LedgerAccount> Payer = OneOf(Alice, Alice, Bob, NodeEarnings, LedgerAccount.Escrow);
    private static readonly Gen<long> Amount = Gen.Long[-1, 12];

    private static readonly Gen<LedgerOperation> Transfers = Gen.Select(OperationName, Debit, Credit, Amount, Gen.Bool)
        .Select((name, debit, credit, amount, fee) =>
            (LedgerOperation)Transfer(name, debit, credit, amount, fee ? TransferCode.Fee : TransferCode.Bond));

    private static readonly Gen<LedgerOperation> Deposits = Gen.Select(OperationName, Payer.Where(p => p != LedgerAccount.Escrow))
        .Select((name, to) => (LedgerOperation)Deposit(name, to, 40));

    private static readonly Gen<LedgerOperation> Holds = Gen.Select(OperationName, Payer, Amount, Gen.Int[0, 2], Gen.Int[0, 3])
        .Select((name, payer, amount, expires, key) => (LedgerOperation)Hold(name, payer, amount, expires * StepS, key > 1 ? "" : Keys[key]));

    private static readonly Gen<LedgerOperation> Posts =
        Gen.Select(OperationName, Gen.Select(Credit, Gen.Long[0, 8]).Array[0, 3])
            .Select((name, parts) => (LedgerOperation)Post(
                name,
                [.. parts.DistinctBy(part => part.Item1).Select(part => Pay(part.Item1, part.Item2))]));

    private static readonly Gen<LedgerOperation> Voids = OperationName.Select(name => (LedgerOperation)Void(name));

    private static readonly Gen<LedgerOperation> Expiries = OperationName.Select(name => (LedgerOperation)Expire(name));

    /// <summary>Two-phase operations on few ids.</summary>
    public static readonly Gen<LedgerOperation> Single = Gen.Frequency((3, Holds), (3, Posts), (1, Voids), (1, Expiries), (1, Deposits));

    private static readonly Gen<LedgerOperation> Operation =
        Gen.Frequency((2, Transfers), (2, Deposits), (4, Holds), (3, Posts), (1, Voids), (2, Expiries));

    private static readonly Gen<RequestRow?> Row =
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Long[1, 3], Gen.Int[0, 2], Gen.Bool)
            .Select((use, name, version, key, open) => use > 1
                ? null
                : Request($"request{name}", version, key: key == 0 ? "" : $"key{key}", phase: (int)version, open: open));

    private static readonly Gen<IReadOnlyList<SlashRow>?> Slashes =
        Gen.Select(Gen.Int[0, 9], Gen.Long[1, 2], Gen.Bool).Select((use, version, open) => use > 1
            ? null
            : (IReadOnlyList<SlashRow>)[Slash($"slash{use}", version, open)]);

    private static readonly Gen<IReadOnlyList<PayoutRow>?> Payouts =
        Gen.Select(Gen.Int[0, 9], Gen.Long[1, 3], Gen.Int[0, 2]).Select((use, version, state) => use > 1
            ? null
            : (IReadOnlyList<PayoutRow>)[Payout($"payout{use}", version, (PayoutState)state)]);

    public static readonly Gen<LedgerCommand> Command =
        Gen.Select(Operation.Array[0, 4], Row, Slashes, Payouts)
            .Where(parts => parts.Item1.Length > 0 || parts.Item2 is not null || parts.Item3 is not null || parts.Item4 is not null)
            .Select(parts => new LedgerCommand(parts.Item1, parts.Item2, parts.Item3, parts.Item4));

    /// <summary>What happens at one time: the first key's new limit, then commands.</summary>
    private static readonly Gen<(long? Limit, LedgerCommand[] Commands)> Round =
        Gen.Select(Gen.Long[-3, 25], Command.Array[1, 25]).Select((limit, commands) => (limit < 0 ? (long?)null : limit, commands));

    public static readonly Gen<(long? Limit, LedgerCommand[] Commands)[]> Sequence = Round.Array[1, 4];

    private static Gen<LedgerAccount> OneOf(params LedgerAccount[] accounts) =>
        Gen.Int[0, accounts.Length - 1].Select(i => accounts[i]);
}
