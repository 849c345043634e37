using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Benchmarks.Ledger;

/// <summary>
/// What one client of the soak does, step by step, for ever: deposit, hold with a request row, then post, void or let expire.
/// The steps follow from their number alone, so that what the books must say follows from how many were done.
/// </summary>
internal static class SoakFlow
{
    private const long DepositMicros = 10;
    private const long HoldMicros = 7;
    private const long PaidMicros = 5;
    private const int StepsOfARound = 3;

    /// <summary>All clients are paid to the same node's earnings, so that they meet.</summary>
    private static readonly LedgerAccount Earnings = new(AccountKind.Earnings, "soak");

    public static LedgerAccount Account(int client) => LedgerAccount.User($"client {client}");

    public static LedgerCommand Step(int client, long step)
    {
        var round = step / StepsOfARound;
        var request = Id("request", client, round);
        return (step % StepsOfARound) switch
        {
            0 => new LedgerCommand([new LedgerOperation.Transfer(
                Id("deposit", client, round), LedgerAccount.External, Account(client), new Micros(DepositMicros), TransferCode.Deposit)]),
            1 => new LedgerCommand(
                [new LedgerOperation.Hold(request, Account(client), new Micros(HoldMicros), DateTimeOffset.UnixEpoch)], Row(request, client, isOpen: true)),
            _ => new LedgerCommand([End(request, round)], Row(request, client, isOpen: false)),
        };
    }

    /// <summary>The client's balance after so many steps.</summary>
    public static Micros Balance(long steps)
    {
        var (rounds, rest) = (steps / StepsOfARound, steps % StepsOfARound);
        return new Micros(rounds * DepositMicros - Paid(rounds) + (rest > 0 ? DepositMicros : 0) - (rest > 1 ? HoldMicros : 0));
    }

    /// <summary>What the client has in escrow after so many steps.</summary>
    public static Micros Held(long steps) => new(steps % StepsOfARound == 2 ? HoldMicros : 0);

    /// <summary>One round in two is posted, one in four voided, one in four expires.</summary>
    private static LedgerOperation End(Hash32 request, long round) => (round % 4) switch
    {
        0 or 2 => new LedgerOperation.Post(request, [new PostPart(Earnings, new Micros(PaidMicros), TransferCode.PayPrimary)]),
        1 => new LedgerOperation.Void(request),
        _ => new LedgerOperation.Expire(request),
    };

    private static long Paid(long rounds) => (rounds + 1) / 2 * PaidMicros;

    private static RequestRow Row(Hash32 id, int client, bool isOpen) => new(
        id, Account(client).Owner, "", "soak", isOpen ? 1 : 10, isOpen, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, [1], isOpen ? 1 : 2);

    private static Hash32 Id(string kind, int client, long round) => new CanonicalWriter().Text(kind).Count(client).Int64(round).Sha256();
}
