using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>Changes of one decoded field, the ones a forger would want: who, what, how much.</summary>
internal static class ReceiptEdits
{
    private static readonly Func<Receipt, Random, Receipt>[] Edits =
    [
        (r, x) => r with { Resolvers = x.Next(1, 10) },
        (r, x) => r with { FinishedAt = r.FinishedAt.AddMilliseconds(x.Next(1, 100_000)) },
        (r, x) => State(r, s => s with { Phase = x.Next(2) == 0 ? RequestPhase.Refunded : RequestPhase.Expired, Refund = (RefundReason)x.Next(9) }),
        (r, x) => State(r, s => s with { CancelAt = x.Next(20) }),
        (r, x) => State(r, s => s with { Replacements = x.Next(8) }),
        (r, x) => State(r, s => s with { Published = s.Published.Add(x.Next(200)) }),
        (r, _) => State(r, s => s with { Answer = null }),
        (r, _) => State(r, s => s with { Convictions = s.Convictions.Clear() }),
        (r, x) => State(r, s => s with { Convictions = s.Convictions.Add(new Conviction(s.Participants[x.Next(s.Participants.Count)].Node, (EvidenceKind)x.Next(1, 5), x.Next(5), "forged")) }),
        (r, x) => State(r, s => s.Payments.IsEmpty ? s : s with { Payments = s.Payments.RemoveAt(x.Next(s.Payments.Count)) }),
        (r, x) => Payment(r, x, p => p with { Amount = new Micros(x.NextInt64(0, 1_000_000_000)) }),
        (r, x) => State(r, s => s.Payments.IsEmpty ? s : s with { Payments = s.Payments.Add(s.Payments[x.Next(s.Payments.Count)]) }),
        (r, _) => State(r, s => s with { Payments = s.Payments.Reverse() }),
        (r, x) => Spec(r, s => s with { Account = "mallory" + x.Next(100) }),
        (r, x) => Spec(r, s => s with { IdempotencyKey = "key" + x.Next(100) }),
        (r, x) => Spec(r, s => s with { Prompt = [.. s.Prompt, x.Next(200)] }),
        (r, x) => Spec(r, s => s with { Parameters = s.Parameters with { Seed = (ulong)x.NextInt64(), InputLengths = [], MaxTokens = x.Next(1, 100) } }),
        (r, x) => Spec(r, s => s with { Integrity = x.Next(3) switch { 0 => IntegrityLevel.None, 1 => IntegrityLevel.CheckedBy(1 + 2 * x.Next(4)), _ => IntegrityLevel.Replicated(x.Next(2, 10)) } }),
        (r, x) => Spec(r, s => s with { Hold = new Micros(x.NextInt64(0, 1_000_000)) }),
        (r, x) => Spec(r, s => s with { Terms = new PriceTerms(x.Next(0, 2000), x.Next(0, 1000)) }),
        (r, x) => Spec(r, s => s with { Nonce = Any(x) }),
        (r, x) => Spec(r, s => s with { Id = Any(x) }),
        (r, x) => Spec(r, s => s with { Deadline = s.Deadline.AddMilliseconds(x.Next(1, 1_000_000)) }),
        (r, x) => Spec(r, s => s with { Model = s.Model with { Digest = Any(x) } }),
        (r, x) => One(r, x, p => p with { Status = (ParticipantStatus)x.Next(9) }),
        (r, x) => One(r, x, p => p with { Failure = (ParticipantFailure)x.Next(5) }),
        (r, x) => One(r, x, p => p with { Nonce = Any(x) }),
        (r, x) => One(r, x, p => p with { Draw = p.Draw with { Ordinal = x.Next(20) } }),
        (r, x) => One(r, x, p => p with { Draw = p.Draw with { EligibleCount = x.Next(1, 1000) } }),
        (r, x) => One(r, x, p => p with { Draw = p.Draw with { Beacon = p.Draw.Beacon with { Step = x.Next(1, 1000) } } }),
        (r, x) => One(r, x, p => p with { Draw = p.Draw with { Beacon = p.Draw.Beacon with { Value = Any(x) } } }),
        (r, x) => State(r, s => s with { Participants = s.Participants.RemoveAt(x.Next(s.Participants.Count)) }),
        (r, x) => State(r, s => s with { Participants = s.Participants.Reverse() }),
        (r, x) => Vote(r, x, v => v with { Verdict = (Verdict)x.Next(3) }),
        (r, x) => Vote(r, x, v => v with { Position = x.Next(-1, 40) }),
        (r, x) => One(r, x, p => p with { Ballots = p.Ballots.Clear() }),
        (r, _) => State(r, s => s with { Audit = null }),
        (r, x) => State(r, s => s.Audit is { } audit ? s with { Audit = audit with { Step = x.Next(1, 100) } } : s),
        (r, x) => Spec(r, s => s with { Terms = s.Terms with { AuditPpm = x.Next(0, 1_000_001) } }),
        (r, x) => State(r, s => s with { Finding = x.Next(2) == 0 ? Verdict.Match : Verdict.Mismatch }),
        (r, _) => Spec(r, s => s with { Review = null }),
        (r, x) => Spec(r, s => s with { Review = s.Review is null ? null : s.Review with { Panel = x.Next(1, 20) } }),
        (r, _) => Spec(r, s => s with { Review = s.Review is null ? null : s.Review with { Authors = [] } }),
        (r, x) => Spec(r, s => s with { Review = s.Review is null ? null : s.Review with { Origin = Any(x) } }),
    ];

    /// <summary>One of the edits; those that do not apply leave the receipt as it is.</summary>
    public static Receipt Apply(Receipt receipt, Random random)
    {
        // A request without participants has little to forge.
        var edit = Edits[random.Next(Edits.Length)];
        return receipt.State.Participants.IsEmpty ? receipt with { Resolvers = random.Next(1, 10) } : edit(receipt, random);
    }

    private static Hash32 Any(Random random)
    {
        var bytes = new byte[Hash32.Size];
        random.NextBytes(bytes);
        return new Hash32(bytes);
    }

    private static Receipt State(Receipt receipt, Func<RequestState, RequestState> change) => receipt with { State = change(receipt.State) };

    private static Receipt Spec(Receipt receipt, Func<RequestSpec, RequestSpec> change) => State(receipt, s => s with { Spec = change(s.Spec) });

    private static Receipt One(Receipt receipt, Random random, Func<Participant, Participant> change) => State(receipt, s =>
    {
        var at = random.Next(s.Participants.Count);
        return s with { Participants = s.Participants.SetItem(at, change(s.Participants[at])) };
    });

    private static Receipt Payment(Receipt receipt, Random random, Func<Payment, Payment> change) => State(receipt, s =>
    {
        if (s.Payments.IsEmpty)
            return s;
        var at = random.Next(s.Payments.Count);
        return s with { Payments = s.Payments.SetItem(at, change(s.Payments[at])) };
    });

    private static Receipt Vote(Receipt receipt, Random random, Func<Vote, Vote> change) => One(receipt, random, p =>
        p.Ballots.IsEmpty || p.Ballots[0].Vote is not { } vote ? p : p with { Ballots = p.Ballots.SetItem(0, p.Ballots[0] with { Vote = change(vote) }) });
}
