using System.Security.Cryptography;
using System.Text;
using Atoma.Cli.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Cli.Chain;

/// <summary>What a requester does about its deposit: in, opened for spending, out.</summary>
internal sealed class RequesterDesk(ChainSession session)
{
    /// <summary>Bytes of randomness in an API key: nobody guesses 160 bits.</summary>
    private const int SecretBytes = 20;

    /// <summary>Pays tokens in.</summary>
    /// <param name="amount">Micros.</param>
    /// <param name="account">Whose deposit; null for the key's own.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task DepositAsync(Micros amount, NodeId? account, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var user = account ?? wallet.Address;
        var receipt = await wallet.PayInAsync($"Deposited {Shown.Micros(amount)} for {user}", amount, SettlementCalls.Deposit(user, amount), cancellationToken);
        var position = await wallet.Contract.RequesterAsync(user, null, cancellationToken);
        await session.Output.WriteLineAsync($"""
            Deposit      {Shown.Micros(position.Balance)} of {user}
            Next         It counts once block {receipt.BlockNumber} is final (chain position {user}), and can be spent as far as a voucher by {user}'s key allows: chain voucher all
            """);
    }

    /// <summary>Authorises spending.</summary>
    /// <param name="cumulative">Over the account's life; null for all that was ever deposited.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">There is nothing to open, or the network refused.</exception>
    public async Task VoucherAsync(Micros? cumulative, CancellationToken cancellationToken)
    {
        var user = session.Key.Id;
        var network = await session.Api.ChainAsync(cancellationToken);
        var settlement = Parsed.Address("The API's settlement contract", network.Settlement);
        var account = await session.Api.AccountAsync(user, cancellationToken);
        var deposited = new Micros(account.DepositMicros) + new Micros(account.RedeemedMicros);
        var sum = cumulative ?? deposited;
        if (!sum.IsPositive)
            throw new DeskRefusedException($"No deposit of {user} is final yet. Deposit first: chain deposit. What was just deposited counts once its block is final: chain position {user}");
        if (sum.Value <= account.VoucherMicros)
            throw new DeskRefusedException($"The network has a voucher of {user} up to {Shown.Micros(account.VoucherMicros)}; only a higher sum changes anything. It counts over the account's life: the next one names the last one's sum and more.");
        var signature = session.Key.Sign(new SettlementTypedData(network.ChainId, settlement).Voucher(user, sum));
        var kept = await session.Api.AddVoucherAsync(user, sum, signature, cancellationToken);
        await session.Output.WriteLineAsync($"""
            Voucher      up to {Shown.Micros(kept.CumulativeMicros)} over the life of {user}, with {settlement} on chain {network.ChainId}
            It allows    the network to take what requests cost from your deposit until {Shown.Micros(sum)} were taken in all. {Shown.Micros(account.RedeemedMicros)} were so far; nothing beyond it can be taken, and it cannot be taken back.
            {Reach(sum, deposited)}
            Next         An API key to spend it with: chain api-key
            """);
    }

    /// <summary>Makes an API key and shows it, once and here alone.</summary>
    /// <exception cref="DeskRefusedException">The network refused: nothing was deposited, or the clock is wrong.</exception>
    public async Task ApiKeyAsync(CancellationToken cancellationToken)
    {
        var user = session.Key.Id;
        var text = "atoma-" + RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true);
        var hash = Hash32.Sha256(Encoding.UTF8.GetBytes(text));
        var now = session.Time.GetUtcNow();
        var added = await session.Api.AddKeyAsync(user, hash, now, session.Key.Sign(SigningDomain.ApiKey(user, hash, (ulong)now.ToUnixTimeSeconds())), cancellationToken);
        await session.Output.WriteLineAsync($"""
            API key      {text}
            Keep it      It is shown this once; the network knows its hash alone (id {added.Id}). Who has it spends what your voucher allows.
            Use it       Authorization: Bearer {text}
            """);
    }

    /// <summary>Gives notice of a withdrawal.</summary>
    /// <param name="amount">Null for all that is there.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">There is nothing to take, or a notice is running.</exception>
    public async Task ExitAsync(Micros? amount, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var before = await wallet.Contract.RequesterAsync(wallet.Address, null, cancellationToken);
        if (before.ExitAt is { } running)
            throw new DeskRefusedException($"An exit of {Shown.Micros(before.Exiting)} is running; from {Shown.Time(running)} on: chain exit --finish. To ask for another sum: chain exit --cancel");
        if (!before.Balance.IsPositive)
            throw new DeskRefusedException($"{wallet.Address} has no deposit to take out.");
        if (amount > before.Balance)
            throw new DeskRefusedException($"The deposit of {wallet.Address} is {Shown.Micros(before.Balance)}. Ask for less, or for '{Parsed.All}'.");
        var asked = amount ?? before.Balance;
        await wallet.SettleAsync($"Asked for {Shown.Micros(asked)}", SettlementCalls.RequestExit(asked), cancellationToken);
        var position = await wallet.Contract.RequesterAsync(wallet.Address, null, cancellationToken);
        await session.Output.WriteLineAsync($"""
            Deposit      {Shown.Micros(position.Balance)}, of which {Shown.Micros(position.Exiting)} are leaving
            Meanwhile    what requests already cost can still be taken from it, as your voucher allows; the rest is paid.
            Next         From {Shown.Time(position.ExitAt ?? default)} on: chain exit --finish. To stay: chain exit --cancel
            """);
    }

    /// <summary>Takes the notice back.</summary>
    public async Task CancelExitAsync(CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        await wallet.SettleAsync("Exit cancelled", SettlementCalls.CancelExit(), cancellationToken);
        await SayDepositAsync(wallet, cancellationToken);
        await session.Output.WriteLineAsync("Next         It can be spent again once that block is final.");
    }

    /// <summary>Takes out what was asked for.</summary>
    public async Task FinishExitAsync(CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var before = await wallet.Token.BalanceAsync(wallet.Address, null, cancellationToken);
        await wallet.SettleAsync("Exit", SettlementCalls.Exit(), cancellationToken);
        var now = await wallet.Token.BalanceAsync(wallet.Address, null, cancellationToken);
        await session.Output.WriteLineAsync($"Paid         {Shown.Micros(now - before)} to {wallet.Address}, which has {Shown.Micros(now)} of the token now");
        await SayDepositAsync(wallet, cancellationToken);
    }

    private static string Reach(Micros sum, Micros deposited) => sum.CompareTo(deposited) switch
    {
        0 => $"It opens     all of the {Shown.Micros(deposited)} that were deposited so far.",
        < 0 => $"It leaves    {Shown.Micros(deposited - sum)} of what was deposited so far unopened.",
        _ => $"It opens     the {Shown.Micros(deposited)} that were deposited so far, and later deposits up to that sum.",
    };

    private async Task SayDepositAsync(Wallet wallet, CancellationToken cancellationToken) =>
        await session.Output.WriteLineAsync($"Deposit      {Shown.Micros((await wallet.Contract.RequesterAsync(wallet.Address, null, cancellationToken)).Balance)}");
}
