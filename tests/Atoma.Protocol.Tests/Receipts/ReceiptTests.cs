using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Receipts;

public sealed class ReceiptTests
{
    private static readonly ReceiptVerifier Verifier = new(RequestHarness.Signatures);

    internal static SignedReceipt Sample(string integrity, Cheat first = Cheat.None)
    {
        var harness = new RequestHarness(integrity, nodes: 12) { Casting = (purpose, n) => purpose is DrawPurpose.Primary or DrawPurpose.Replica && n == 0 ? first : Cheat.None };
        harness.Run();
        return harness.Receipt();
    }

    public static TheoryData<string, Cheat> Outcomes
    {
        get
        {
            var data = new TheoryData<string, Cheat>();
            foreach (var integrity in new[] { "none", "checked", "checked:3", "replicated:3" })
            {
                foreach (var cheat in new[] { Cheat.None, Cheat.Stage1, Cheat.OtherModel, Cheat.BadReveal, Cheat.GarbageReveal, Cheat.Equivocate, Cheat.SilentAtWork, Cheat.StreamsOtherwise, Cheat.WrongParameters })
                    data.Add(integrity, cheat);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Outcomes))]
    public void Receipt_OfAnyOutcome_RoundTripsAndVerifies(string integrity, Cheat cheat)
    {
        var signed = Sample(integrity, cheat);
        var back = SignedReceipt.FromBytes(signed.ToBytes());
        Assert.Equal(signed.ToBytes(), back.ToBytes());
        Assert.Empty(Verifier.Verify(back));
        Assert.Equal(signed.Receipt.State.Price, back.Receipt.State.Price);
        var text = ReceiptFile.Write(signed);
        Assert.Empty(ReceiptFile.Verify(text, RequestHarness.Signatures, out var read));
        Assert.Equal(text, ReceiptFile.Write(read!));
    }

    /// <summary>The canonical bytes of a fixed receipt may never change: docs/receipts.md describes them.</summary>
    [Fact]
    public void Digest_OfAFixedReceipt_IsGolden()
    {
        var digest = ReceiptCodec.Digest(Sample("checked").Receipt).ToString();
        Assert.True(digest == "3272e4f49e07aec5a7ea93641d4d82fe31aab725ee1c42da81eaac0d5134b621", digest);
    }

    // P9: ≤ 8 KB + 8 KB per 512 tokens.
    [Fact]
    public void Bytes_OfA512TokenCheckedReceipt_FitTheBudget()
    {
        var harness = new RequestHarness("checked", nodes: 12, maxTokens: 512);
        harness.Run();
        var bytes = ReceiptCodec.Encode(harness.Receipt().Receipt).Bytes.Length;
        Assert.InRange(bytes, 4 * 1024, 16 * 1024);
    }

    [Fact]
    public void Bytes_OfALongPrompt_HoldItOnce()
    {
        static int Length(int promptTokens)
        {
            var harness = new RequestHarness("replicated:2", nodes: 12, promptTokens: promptTokens);
            harness.Run();
            return ReceiptCodec.Encode(harness.Receipt().Receipt).Bytes.Length;
        }

        // Ids below 200 take 1 byte, or 2 from 128 on.
        Assert.InRange(Length(1006) - Length(6), 1000, 2000);
    }

    /// <summary>What a coordinator that signs anything could try: the signature is right, the content is not.</summary>
    public static TheoryData<string, string, Func<Receipt, Receipt>> Forgeries => new()
    {
        { "checked", "request.id", r => With(r, s => s with { Spec = s.Spec with { Account = "bob" } }) },
        { "checked", "resolvers", r => r with { Resolvers = 0 } },
        { "checked", "refund_reason", r => With(r, s => s with { Refund = RefundReason.NoQuorum }) },
        { "checked", "payments[0]", r => With(r, s => s with { Payments = s.Payments.SetItem(0, s.Payments[0] with { Amount = s.Payments[0].Amount + new Micros(1) }) }) },
        { "checked", "payments[2]", r => With(r, s => s with { Payments = s.Payments.RemoveAt(2) }) },
        { "checked", "payments.count", r => With(r, s => s with { Phase = RequestPhase.Refunded, Refund = RefundReason.NoQuorum }) },
        { "checked", "answer", r => With(r, s => s with { Answer = null }) },
        { "checked", "answer", r => With(r, s => s with { Participants = s.Participants.RemoveAt(1) }) },
        { "checked", "request.hold", r => With(r, s => s with { Spec = s.Spec with { Hold = new Micros(1) } }) },
        { "checked", "participants[1].votes[0].signature", r => Ballot(r, b => b with { Vote = b.Vote! with { Signature = new byte[65] } }) },
        { "checked", "participants[1].votes[0].signature", r => Ballot(r, b => b with { Vote = b.Vote! with { Position = 3 } }) },
        { "checked", "participants[1].votes[0].verdict", r => Ballot(r, b => b with { Commitment = null }) },
        { "checked", "participants[1].votes[0].commitment.signature", r => Ballot(r, b => b with { Commitment = b.Commitment! with { Value = Hash32.Zero } }) },
        { "checked", "participants[1].status", r => Ballot(r, b => b with { Vote = null }) },
        { "checked", "participants[0].commitment.signature", r => First(r, p => p with { Commitment = p.Commitment! with { Signature = new byte[65] } }) },
        { "checked", "participants[0].transcript", r => First(r, p => p with { Nonce = Hash32.Zero }) },
        { "checked", "participants[0].has_commitment", r => First(r, p => p with { Commitment = null }) },
        { "checked", "participants[0].status", r => First(r, p => p with { Status = ParticipantStatus.Convicted }) },
        { "checked", "participants[0].draw.ordinal", r => First(r, p => p with { Draw = p.Draw with { Ordinal = 1 } }) },
        { "checked", "participants[0].draw.beacon", r => First(r, p => p with { Draw = p.Draw with { Beacon = p.Draw.Beacon with { Value = Hash32.Zero } } }) },
        { "replicated:3", "answer", r => With(r, s => s with { Participants = s.Participants.RemoveAt(2) }) },
        { "replicated:3", "participants[1].draw.beacon.step", r => With(r, s => s with { Participants = s.Participants.SetItem(1, s.Participants[1] with { Draw = s.Participants[1].Draw with { Beacon = s.Participants[0].Draw.Beacon } }) }) },
        { "none", "convictions[0].kind", r => With(r, s => s with { Convictions = s.Convictions.SetItem(0, s.Convictions[0] with { Kind = EvidenceKind.Stage2Mismatch }) }) },
        { "none", "convictions[0].node", r => With(r, s => s with { Convictions = s.Convictions.SetItem(0, s.Convictions[0] with { Node = s.Participants[1].Node }) }) },
        { "none", "participants[0].status", r => With(r, s => s with { Convictions = [] }) },
    };

    private static Receipt With(Receipt receipt, Func<RequestState, RequestState> change) => receipt with { State = change(receipt.State) };

    private static Receipt First(Receipt receipt, Func<Participant, Participant> change) =>
        With(receipt, s => s with { Participants = s.Participants.SetItem(0, change(s.Participants[0])) });

    private static Receipt Ballot(Receipt receipt, Func<Ballot, Ballot> change) => With(receipt, s => s with
    {
        Participants = s.Participants.SetItem(1, s.Participants[1] with { Ballots = s.Participants[1].Ballots.SetItem(0, change(s.Participants[1].Ballots[0])) }),
    });

    [Theory, MemberData(nameof(Forgeries))]
    public void Verify_ForgedButSigned_NamesTheField(string integrity, string field, Func<Receipt, Receipt> forge)
    {
        var receipt = forge(Sample(integrity, integrity == "none" ? Cheat.Stage1 : Cheat.None).Receipt);
        var problems = Verifier.Verify(SignedReceipt.Sign(receipt, RequestHarness.Coordinator));
        Assert.True(problems.Any(p => p.Field == field), string.Join("; ", problems));
        Assert.DoesNotContain(problems, p => p.Field == "signature");
    }

    [Fact]
    public void Verify_AnotherCoordinatorsName_IsRefused() =>
        Assert.Equal("signature", Assert.Single(Verifier.Verify(Sample("none") with { Coordinator = default })).Field);
}
