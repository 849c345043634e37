using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

/// <content>The outbox, cursors, the chain's identity and vouchers.</content>
public abstract partial class LedgerStoreContract
{
    private static readonly NodeId Other = NodeId.Parse("0x00000000000000000000000000000000000000ff");

    private IOutboxStore Outbox => (IOutboxStore)Store;

    private ICursorStore Cursors => (ICursorStore)Store;

    private IVoucherStore Vouchers => (IVoucherStore)Store;

    [SkippableFact]
    public async Task Outbox_AddTwice_SameIsThereOtherIsRefused()
    {
        var row = Transaction("root/1");
        Assert.Null(await Outbox.FindTransactionAsync("root/1", None));
        Assert.Equal(OutboxAddStatus.Added, await Outbox.AddTransactionAsync(row, None));
        Assert.Equal(OutboxAddStatus.AlreadyThere, await Outbox.AddTransactionAsync(row with { CreatedAt = Now.AddDays(1) }, None));
        foreach (var other in (OutboxRow[])[row with { Data = [9] }, row with { Target = Node }, row with { Sender = Other }, row with { GasLimit = 1 }])
            Assert.Equal(OutboxAddStatus.KeyReused, await Outbox.AddTransactionAsync(other, None));
        AssertSame(row, await Outbox.FindTransactionAsync("root/1", None));
    }

    /// <summary>A row's whole life, read back after each step; the store is closed and opened between.</summary>
    [SkippableFact]
    public async Task Outbox_WholeLife_EveryStepIsKept()
    {
        var planned = Transaction("root/1");
        await Outbox.AddTransactionAsync(planned, None);
        var signed = Signed(planned, 7);
        var bumped = signed with { Attempts = [.. signed.Attempts, Attempt(2)], Version = 3 };
        var mined = bumped with { State = OutboxState.Mined, MinedIn = new ChainPoint(9, Id("block")), Version = 4 };
        var unmined = bumped with { Version = 5, Reason = "its block is gone" };
        var again = Transaction("root/1") with { Version = 6, Retries = 1, SpentNonce = 7 };
        var second = Signed(again, 8) with { Retries = 1, SpentNonce = 7 };
        var final = second with { State = OutboxState.Final, MinedIn = new ChainPoint(12, Id("block 12")), Version = 8 };
        foreach (var step in (OutboxRow[])[signed, bumped, mined, unmined, again, second, final])
        {
            Assert.Equal(OutboxUpdateStatus.Done, await Outbox.UpdateTransactionAsync(step, None));
            Reopen();
            AssertSame(step, await Outbox.FindTransactionAsync("root/1", None));
            Assert.Equal(step.Nonce ?? step.SpentNonce, await Outbox.LastNonceAsync(Node, None));
        }

        Assert.Equal(OutboxUpdateStatus.VersionConflict, await Outbox.UpdateTransactionAsync(final with { Version = 9, Reason = "no" }, None));
        Assert.Empty(await Outbox.OpenTransactionsAsync(Node, 10, None));
        Assert.Equal(8, await Outbox.LastNonceAsync(Node, None));
    }

    [SkippableFact]
    public async Task Outbox_OldVersion_IsRefused()
    {
        var row = Transaction("a");
        Assert.Equal(OutboxUpdateStatus.VersionConflict, await Outbox.UpdateTransactionAsync(Signed(row, 1), None));
        await Outbox.AddTransactionAsync(row, None);
        Assert.Equal(OutboxUpdateStatus.VersionConflict, await Outbox.UpdateTransactionAsync(row, None));
        Assert.Equal(OutboxUpdateStatus.VersionConflict, await Outbox.UpdateTransactionAsync(Signed(row, 1) with { Version = 3 }, None));
        Assert.Equal(OutboxUpdateStatus.Done, await Outbox.UpdateTransactionAsync(Signed(row, 1), None));
        Assert.Equal(OutboxUpdateStatus.VersionConflict, await Outbox.UpdateTransactionAsync(Signed(row, 2), None));
        Assert.Equal(1, (await Outbox.FindTransactionAsync("a", None))!.Nonce);
    }

    /// <summary>P10.3, one nonce owner: two processes sign at once, and one nonce goes to one row.</summary>
    [SkippableFact]
    public async Task Outbox_SameNonceAtOnce_OneGetsIt()
    {
        var rows = Enumerable.Range(0, 20).Select(i => Transaction($"t{i}")).ToList();
        foreach (var row in rows)
            await Outbox.AddTransactionAsync(row, None);
        var results = await Task.WhenAll(rows.Select(row => Outbox.UpdateTransactionAsync(Signed(row, 5), None)));
        Assert.Equal(1, results.Count(status => status == OutboxUpdateStatus.Done));
        Assert.Equal(19, results.Count(status => status == OutboxUpdateStatus.NonceTaken));

        await Outbox.AddTransactionAsync(Transaction("other") with { Sender = Other }, None);
        Assert.Equal(OutboxUpdateStatus.Done, await Outbox.UpdateTransactionAsync(Signed(Transaction("other") with { Sender = Other }, 5), None));
        Assert.Equal(5, await Outbox.LastNonceAsync(Node, None));
        Assert.Null(await Outbox.LastNonceAsync(NodeId.Parse("0x0000000000000000000000000000000000000001"), None));
    }

    [SkippableFact]
    public async Task Outbox_Open_OfTheSenderInOrderOfAdding()
    {
        foreach (var name in (string[])["z", "a", "m", "b"])
            await Outbox.AddTransactionAsync(Transaction(name), None);
        await Outbox.AddTransactionAsync(Transaction("other") with { Sender = Other }, None);
        await Outbox.UpdateTransactionAsync(Signed(Transaction("m"), 3), None);
        await Outbox.UpdateTransactionAsync(Transaction("a") with { State = OutboxState.Failed, Reason = "reverted", Version = 2 }, None);
        Assert.Equal(["z", "m", "b"], (await Outbox.OpenTransactionsAsync(Node, 10, None)).Select(row => row.Key));
        Assert.Equal(["z"], (await Outbox.OpenTransactionsAsync(Node, 1, None)).Select(row => row.Key));
        Assert.Equal("reverted", (await Outbox.FindTransactionAsync("a", None))!.Reason);
    }

    [SkippableFact]
    public async Task Cursor_Moves_OnlyFromWhereItIsAndForward()
    {
        var (first, second) = (new ChainPoint(10, Id("10")), new ChainPoint(12, Id("12")));
        Assert.Null(await Cursors.FindCursorAsync("events", None));
        Assert.False(await Cursors.MoveCursorAsync("events", first, second, None));
        Assert.True(await Cursors.MoveCursorAsync("events", null, first, None));
        Assert.False(await Cursors.MoveCursorAsync("events", null, second, None));
        Assert.False(await Cursors.MoveCursorAsync("events", first with { Hash = Id("other") }, second, None));
        Assert.True(await Cursors.MoveCursorAsync("events", first, second, None));
        Assert.True(await Cursors.MoveCursorAsync("other", null, first, None));
        Reopen();
        Assert.Equal(second, await Cursors.FindCursorAsync("events", None));
        await Assert.ThrowsAsync<ArgumentException>(() => Cursors.MoveCursorAsync("events", second, first, None));
    }

    [SkippableFact]
    public async Task Chain_PinnedOnce_StaysForEver()
    {
        var identity = new ChainIdentity(31337, Id("genesis"), [new ContractIdentity(Node, Id("code")), new ContractIdentity(Other, Id("code 2"))]);
        Assert.Equal(identity, await Cursors.PinChainAsync(identity, None));
        Reopen();
        Assert.Equal(identity, await Cursors.PinChainAsync(identity with { ChainId = ulong.MaxValue }, None));
        Assert.NotEqual(identity, identity with { Contracts = [identity.Contracts[1], identity.Contracts[0]] });
    }

    [SkippableFact]
    public async Task Vouchers_AnyOrder_TheHighestStays()
    {
        var users = Enumerable.Range(0, 4).Select(i => new NodeId([.. Enumerable.Repeat((byte)(i * 60), 19), 1])).ToArray();
        var vouchers = users.SelectMany(user => Enumerable.Range(1, 5).Select(amount => Voucher(user, amount))).ToArray();
        await Task.WhenAll(vouchers.Reverse().Concat(vouchers).Select(voucher => Vouchers.PutVoucherAsync(voucher, None)));
        Assert.False(await Vouchers.PutVoucherAsync(Voucher(users[0], 5) with { AcceptedAt = Now.AddDays(1) }, None));
        Assert.False(await Vouchers.PutVoucherAsync(Voucher(users[0], 4), None));

        var kept = await Vouchers.VouchersAsync(null, 10, None);
        Assert.Equal(users, kept.Select(voucher => voucher.User));
        Assert.All(kept, voucher => Assert.Equal((5L, (byte)5, Now), (voucher.Cumulative.Value, voucher.Signature[^1], voucher.AcceptedAt)));
        Assert.Equal(users[2..3], (await Vouchers.VouchersAsync(users[1], 1, None)).Select(voucher => voucher.User));
        Assert.Equal(5, (await Vouchers.FindVoucherAsync(users[3], None))!.Cumulative.Value);
        Assert.Null(await Vouchers.FindVoucherAsync(Other, None));
    }

    [SkippableFact]
    public async Task Settlement_Malformed_ThrowsSayingWhy()
    {
        var row = Transaction("a");
        await Malformed("without key", () => Outbox.AddTransactionAsync(row with { Key = "" }, None));
        await Malformed("too long", () => Outbox.AddTransactionAsync(row with { Key = new string('k', 129) }, None));
        await Malformed("without sender", () => Outbox.AddTransactionAsync(row with { Sender = default }, None));
        await Malformed("data too long", () => Outbox.AddTransactionAsync(row with { Data = new byte[OutboxLimits.DataLengthMax + 1] }, None));
        await Malformed("gas limit", () => Outbox.AddTransactionAsync(row with { GasLimit = 0 }, None));
        await Malformed("is planned", () => Outbox.AddTransactionAsync(Signed(row, 1), None));
        await Malformed("nonce without", () => Outbox.UpdateTransactionAsync(Signed(row, 1) with { Attempts = [] }, None));
        await Malformed("has no nonce", () => Outbox.UpdateTransactionAsync(Signed(row, 1) with { State = OutboxState.Planned }, None));
        await Malformed("has a block", () => Outbox.UpdateTransactionAsync(Signed(row, 1) with { State = OutboxState.Mined }, None));
        await Malformed("has no block", () => Outbox.UpdateTransactionAsync(Signed(row, 1) with { MinedIn = new ChainPoint(1, Id("b")) }, None));
        await Malformed("fees", () => Outbox.UpdateTransactionAsync(Signed(row, 1) with { Attempts = [Attempt(1) with { PriorityFeeWei = 9 }] }, None));
        await Malformed("too many", () => Outbox.UpdateTransactionAsync(
            Signed(row, 1) with { Attempts = [.. Enumerable.Repeat(Attempt(1), OutboxLimits.AttemptsMax + 1)] }, None));
        await Malformed("without name", () => Cursors.MoveCursorAsync("", null, new ChainPoint(1, Id("b")), None));
        await Malformed("contracts", () => Cursors.PinChainAsync(new ChainIdentity(1, Id("g"), []), None));
        await Malformed("65 bytes", () => Vouchers.PutVoucherAsync(Voucher(Node, 1) with { Signature = new byte[64] }, None));
        await Malformed("nothing", () => Vouchers.PutVoucherAsync(Voucher(Node, 0), None));

        static async Task Malformed(string why, Func<Task> run) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<ArgumentException>(run)).Message, StringComparison.Ordinal);
    }

    /// <summary>One row of each kind: a planned, a signed and a failed transaction; a cursor, an identity, a voucher.</summary>
    protected async Task AddSettlementRowsAsync()
    {
        foreach (var name in (string[])["planned", "signed", "failed"])
            await Outbox.AddTransactionAsync(Transaction(name), None);
        await Outbox.UpdateTransactionAsync(Signed(Transaction("signed"), 1), None);
        await Outbox.UpdateTransactionAsync(Transaction("failed") with { State = OutboxState.Failed, Version = 2 }, None);
        await Cursors.MoveCursorAsync("events", null, new ChainPoint(10, Id("10")), None);
        await Cursors.PinChainAsync(new ChainIdentity(1, Id("genesis"), [new ContractIdentity(Node, Id("code"))]), None);
        await Vouchers.PutVoucherAsync(Voucher(Node, 5), None);
    }

    private static void AssertSame(OutboxRow expected, OutboxRow? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Data, actual.Data);
        Assert.Equal(expected.Attempts.Select(attempt => attempt with { Raw = [] }), actual.Attempts.Select(attempt => attempt with { Raw = [] }));
        Assert.Equal(expected.Attempts.Select(attempt => attempt.Raw), actual.Attempts.Select(attempt => attempt.Raw));
        Assert.Equal(expected, actual with { Data = expected.Data, Attempts = expected.Attempts });
    }

    private static OutboxRow Transaction(string key) => OutboxRow.Plan(key, Node, Other, [1, 2, 3], 100_000, Now);

    private static OutboxRow Signed(OutboxRow row, long nonce) =>
        row with { State = OutboxState.Signed, Nonce = nonce, Attempts = [Attempt(1)], Version = row.Version + 1 };

    private static SignedAttempt Attempt(byte number) => new([2, number], Id($"hash {number}"), 8, 3, Now.AddSeconds(number), 100 + number);

    private static RequesterVoucher Voucher(NodeId user, int cumulative)
    {
        var signature = new byte[RequesterVoucher.SignatureSize];
        signature[^1] = (byte)cumulative;
        return new RequesterVoucher(user, new Micros(cumulative), signature, Now);
    }
}
