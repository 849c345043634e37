using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Receipts;

/// <summary>A receipt's bytes and which of them are which field.</summary>
public sealed record EncodedReceipt(byte[] Bytes, IReadOnlyList<ReceiptField> Fields);

/// <summary>A receipt that does not decode, and where.</summary>
public sealed class ReceiptFormatException : FormatException
{
    public ReceiptFormatException()
    {
    }

    public ReceiptFormatException(string message)
        : base(message)
    {
    }

    public ReceiptFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public ReceiptFormatException(string field, string message)
        : base(message) => Field = field;

    /// <summary>The field at fault.</summary>
    public string Field { get; } = "receipt";
}

/// <summary>The canonical encoding of receipts (P9), described byte by byte in docs/receipts.md. Equal transcripts are stored once, and so is the question they share.</summary>
public static class ReceiptCodec
{
    /// <summary>First byte of every receipt.</summary>
    public const byte Version = 5;

    /// <summary>Participants of one request: generators, checkers and resolvers with all their replacements.</summary>
    public const int ParticipantsMax = 64;

    /// <summary>Payments of one request.</summary>
    public const int PaymentsMax = 128;

    private const int ProofHashesMax = 40;

    /// <summary>Micros of one payment: what the highest prices can come to, and no sum of payments overflows.</summary>
    private const long PaymentMax = 10_000_000_000_000_000;

    /// <summary>SHA-256 of the canonical bytes: what the coordinator signs.</summary>
    public static Hash32 Digest(Receipt receipt) => Hash32.Sha256(Encode(receipt).Bytes);

    public static EncodedReceipt Encode(Receipt receipt)
    {
        var f = new FieldRecorder();
        var state = receipt.State;
        f.Field("version", w => w.Byte(Version));
        WriteSpec(f, state.Spec);
        f.Field("resolvers", w => w.Int32(receipt.Resolvers));
        f.Field("phase", w => w.Byte((byte)state.Phase));
        f.Field("refund_reason", w => w.Byte((byte)state.Refund));
        f.Field("cancelled_at", w => w.Int32(state.CancelAt ?? -1));
        f.Field("replacements", w => w.Int32(state.Replacements));
        f.Field("streamed", w => w.Tokens([.. state.Published]));
        f.Field("has_audit", w => w.Bool(state.Audit is not null));
        if (state.Audit is { } audit)
            f.Field("audit", w => WriteBeacon(w, audit));
        f.Field("finding", w => w.Byte((byte)(state.Finding is { } finding ? (int)finding + 1 : 0)));
        f.Field("finished_at", w => w.Int64(receipt.FinishedAt.ToUnixTimeMilliseconds()));

        Transcript[] transcripts = [.. state.Participants.Where(p => p.Transcript is not null).DistinctBy(p => p.Digest).Select(p => p.Transcript!)];
        Hash32[] digests = [.. transcripts.Select(t => t.Digest())];
        f.Field("transcripts.count", w => w.Count(transcripts.Length));
        for (var i = 0; i < transcripts.Length; i++)
            WriteTranscript(f, $"transcripts[{i}]", transcripts[i], state.Spec);
        f.Field("answer", w => w.Int32(state.Answer is null ? -1 : Array.IndexOf(digests, state.Answer.Digest())));

        f.Field("participants.count", w => w.Count(state.Participants.Count));
        for (var i = 0; i < state.Participants.Count; i++)
            WriteParticipant(f, $"participants[{i}]", state.Participants[i], Array.IndexOf(digests, state.Participants[i].Digest));
        f.Field("convictions.count", w => w.Count(state.Convictions.Count));
        for (var i = 0; i < state.Convictions.Count; i++)
            WriteConviction(f, $"convictions[{i}]", state.Convictions[i]);
        f.Field("payments.count", w => w.Count(state.Payments.Count));
        for (var i = 0; i < state.Payments.Count; i++)
        {
            var payment = state.Payments[i];
            f.Field($"payments[{i}].to", w => w.Byte((byte)payment.To.Kind).Text(payment.To.Owner));
            f.Field($"payments[{i}].amount", w => w.Money(payment.Amount));
            f.Field($"payments[{i}].code", w => w.Byte((byte)payment.Code));
        }

        return new EncodedReceipt(f.Writer.ToArray(), f.Fields);
    }

    /// <exception cref="ReceiptFormatException">Not well formed; names the field.</exception>
    public static Receipt Decode(ReadOnlySpan<byte> bytes)
    {
        var r = new CanonicalReader(bytes);
        var at = "version";
        try
        {
            var receipt = Read(ref r, ref at);
            // One text for one receipt: what is read but not kept (an unused transcript, say) must not be there.
            return Encode(receipt).Bytes.AsSpan().SequenceEqual(bytes)
                ? receipt
                : throw new ReceiptFormatException("receipt", "is not in canonical form");
        }
        catch (CanonicalFormatException e)
        {
            throw new ReceiptFormatException(at, e.Message);
        }
    }

    private static void WriteSpec(FieldRecorder f, RequestSpec spec)
    {
        f.Field("request.id", w => w.Hash(spec.Id));
        f.Field("request.account", w => w.Text(spec.Account));
        f.Field("request.idempotency_key", w => w.Text(spec.IdempotencyKey));
        f.Field("request.model.id", w => w.Text(spec.Model.Id));
        f.Field("request.model.digest", w => w.Hash(spec.Model.Digest));
        f.Field("request.model.architecture", w => w.Text(spec.Model.Architecture));
        f.Field("request.model.quantisation", w => w.Text(spec.Model.Quantisation));
        f.Field("request.model.context_length", w => w.Int32(spec.Model.ContextLength));
        f.Field("request.model.vocabulary_size", w => w.Int32(spec.Model.VocabularySize));
        f.Field("request.model.tokenizer_digest", w => w.Hash(spec.Model.TokenizerDigest));
        f.Field("request.model.end_of_generation", w => w.Tokens([.. spec.Model.EndOfGeneration]));
        f.Field("request.model.embedding_length", w => w.Count(spec.Model.EmbeddingLength));
        f.Field("request.prompt", w => w.Tokens([.. spec.Prompt]));
        f.Field("request.parameters", spec.Parameters.Write);
        f.Field("request.integrity", w => w.Byte((byte)spec.Integrity.Kind).Byte((byte)spec.Integrity.Count));
        f.Field("request.nonce", w => w.Hash(spec.Nonce));
        f.Field("request.streaming", w => w.Bool(spec.Streaming));
        f.Field("request.check_permille", w => w.Int32(spec.Terms.CheckPermille));
        f.Field("request.fee_permille", w => w.Int32(spec.Terms.FeePermille));
        f.Field("request.audit_ppm", w => w.Int32(spec.Terms.AuditPpm));
        f.Field("request.audit_checkers", w => w.Byte((byte)spec.Terms.AuditCheckers));
        f.Field("request.comparison", w => w.Byte((byte)spec.Comparison));
        f.Field("request.hold", w => w.Money(spec.Hold));
        f.Field("request.created_at", w => w.Int64(spec.CreatedAt.ToUnixTimeMilliseconds()));
        f.Field("request.deadline", w => w.Int64(spec.Deadline.ToUnixTimeMilliseconds()));
        f.Field("request.has_review", w => w.Bool(spec.Review is not null));
        if (spec.Review is not null)
            f.Field("request.review", spec.Review.Write);
    }

    private static void WriteBeacon(CanonicalWriter w, BeaconReveal beacon) =>
        w.Int32(beacon.Chain).Hash(beacon.Anchor).Int32(beacon.Step).Hash(beacon.Value);

    private static BeaconReveal ReadBeacon(ref CanonicalReader r) => new(r.Int32(), r.Hash(), r.Int32(), r.Hash());

    private static void WriteTranscript(FieldRecorder f, string path, Transcript transcript, RequestSpec spec)
    {
        var asAsked = AnswersQuestionOf(transcript, spec);
        f.Field($"{path}.as_asked", w => w.Bool(asAsked));
        if (!asAsked)
            f.Field($"{path}.question", transcript.WriteQuestion);
        WriteChunks(f, $"{path}.prompt_chunks", transcript.PromptChunks);
        WriteChunks(f, $"{path}.chunks", transcript.Chunks);
        f.Field($"{path}.vectors.count", w => w.Count(transcript.Vectors.Count));
        for (var i = 0; i < transcript.Vectors.Count; i++)
            f.Field($"{path}.vectors[{i}]", transcript.Vectors[i].Write);
        f.Field($"{path}.finish", w => w.Byte((byte)transcript.Finish));
    }

    private static void WriteChunks(FieldRecorder f, string path, IReadOnlyList<TranscriptChunk> chunks)
    {
        f.Field($"{path}.count", w => w.Count(chunks.Count));
        for (var i = 0; i < chunks.Count; i++)
            f.Field($"{path}[{i}]", chunks[i].Write);
    }

    /// <summary>Whether model, prompt and parameters are the request's, byte for byte.</summary>
    private static bool AnswersQuestionOf(Transcript transcript, RequestSpec spec)
    {
        var (claimed, asked) = (new CanonicalWriter(), new CanonicalWriter());
        transcript.WriteQuestion(claimed);
        new Transcript(spec.Model.Digest, spec.Prompt, spec.Parameters, [], FinishReason.Length).WriteQuestion(asked);
        return claimed.Sha256() == asked.Sha256();
    }

    private static void WriteParticipant(FieldRecorder f, string path, Participant participant, int transcript)
    {
        WriteDraw(f, $"{path}.draw", participant.Draw);
        f.Field($"{path}.status", w => w.Byte((byte)participant.Status));
        f.Field($"{path}.failure", w => w.Byte((byte)participant.Failure));
        f.Field($"{path}.streamed", w => w.Int32(participant.Streamed.Count));
        f.Field($"{path}.has_commitment", w => w.Bool(participant.Commitment is not null));
        if (participant.Commitment is { } commitment)
        {
            f.Field($"{path}.commitment.value", w => w.Hash(commitment.Value));
            f.Field($"{path}.commitment.signature", w => w.Raw(commitment.Signature));
        }

        f.Field($"{path}.transcript", w => w.Int32(participant.Transcript is null ? -1 : transcript));
        f.Field($"{path}.nonce", w => w.Hash(participant.Nonce));
        f.Field($"{path}.votes.count", w => w.Count(participant.Ballots.Count));
        for (var i = 0; i < participant.Ballots.Count; i++)
            WriteBallot(f, $"{path}.votes[{i}]", participant.Ballots[i]);
    }

    private static void WriteDraw(FieldRecorder f, string path, DrawProof draw)
    {
        f.Field($"{path}.purpose", w => w.Byte((byte)draw.Purpose));
        f.Field($"{path}.ordinal", w => w.Int32(draw.Ordinal));
        f.Field($"{path}.beacon.chain", w => w.Int32(draw.Beacon.Chain));
        f.Field($"{path}.beacon.anchor", w => w.Hash(draw.Beacon.Anchor));
        f.Field($"{path}.beacon.step", w => w.Int32(draw.Beacon.Step));
        f.Field($"{path}.beacon.value", w => w.Hash(draw.Beacon.Value));
        f.Field($"{path}.eligible_root", w => w.Hash(draw.EligibleRoot));
        f.Field($"{path}.eligible_count", w => w.Int32(draw.EligibleCount));
        f.Field($"{path}.attempts.count", w => w.Count(draw.Attempts.Count));
        for (var i = 0; i < draw.Attempts.Count; i++)
        {
            var attempt = draw.Attempts[i];
            f.Field($"{path}.attempts[{i}].index", w => w.Int32(attempt.Index));
            f.Field($"{path}.attempts[{i}].node", w => w.Node(attempt.Node.Node));
            f.Field($"{path}.attempts[{i}].echelon", w => w.Hash(attempt.Node.Echelon));
            f.Field($"{path}.attempts[{i}].input_price", w => w.Money(attempt.Node.InputPrice));
            f.Field($"{path}.attempts[{i}].output_price", w => w.Money(attempt.Node.OutputPrice));
            f.Field($"{path}.attempts[{i}].proof", w =>
            {
                w.Count(attempt.Proof.Count);
                foreach (var hash in attempt.Proof)
                    w.Hash(hash);
            });
        }
    }

    private static void WriteBallot(FieldRecorder f, string path, Ballot ballot)
    {
        f.Field($"{path}.subject", w => w.Hash(ballot.Subject));
        f.Field($"{path}.has_commitment", w => w.Bool(ballot.Commitment is not null));
        if (ballot.Commitment is { } commitment)
        {
            f.Field($"{path}.commitment.value", w => w.Hash(commitment.Value));
            f.Field($"{path}.commitment.signature", w => w.Raw(commitment.Signature));
        }

        f.Field($"{path}.has_vote", w => w.Bool(ballot.Vote is not null));
        if (ballot.Vote is not { } vote)
            return;
        f.Field($"{path}.verdict", w => w.Byte((byte)vote.Verdict));
        f.Field($"{path}.position", w => w.Int32(vote.Position));
        f.Field($"{path}.nonce", w => w.Hash(vote.Nonce));
        f.Field($"{path}.signature", w => w.Raw(vote.Signature));
    }

    private static void WriteConviction(FieldRecorder f, string path, Conviction conviction)
    {
        f.Field($"{path}.node", w => w.Node(conviction.Node));
        f.Field($"{path}.kind", w => w.Byte((byte)conviction.Kind));
        f.Field($"{path}.position", w => w.Int32(conviction.Position));
        f.Field($"{path}.reason", w => w.Text(conviction.Reason));
        f.Field($"{path}.has_second", w => w.Bool(conviction.Second is not null));
        if (conviction.Second is { } second)
        {
            f.Field($"{path}.second.value", w => w.Hash(second.Value));
            f.Field($"{path}.second.signature", w => w.Raw(second.Signature));
        }
    }

    private static Receipt Read(ref CanonicalReader r, ref string at)
    {
        if (r.Byte() != Version)
            throw new CanonicalFormatException("unknown version");
        at = "request";
        var spec = RequestSpec.Read(ref r);
        at = "resolvers";
        var resolvers = r.Int32();
        at = "phase";
        var phase = (RequestPhase)r.Byte();
        if (phase is not (RequestPhase.Settled or RequestPhase.Refunded or RequestPhase.Expired))
            throw new CanonicalFormatException("not a terminal phase");
        at = "refund_reason";
        var refund = (RefundReason)r.Byte();
        at = "cancelled_at";
        var cancelAt = r.Int32();
        if (cancelAt < -1)
            throw new CanonicalFormatException("a length is at least −1");
        at = "replacements";
        var replacements = r.Int32();
        at = "streamed";
        var published = r.Tokens(VerificationLimits.OutputTokens);
        at = "audit";
        BeaconReveal? audit = r.Bool() ? ReadBeacon(ref r) : null;
        at = "finding";
        var finding = r.Byte();
        if (finding > (byte)Verdict.Mismatch + 1)
            throw new CanonicalFormatException("unknown finding");
        at = "finished_at";
        var finished = r.Int64();
        if (finished is < 0 or >= 253_402_300_800_000)
            throw new CanonicalFormatException("a time is out of range");

        at = "transcripts.count";
        var transcripts = new Transcript[r.Count(ParticipantsMax)];
        for (var i = 0; i < transcripts.Length; i++)
        {
            at = $"transcripts[{i}]";
            transcripts[i] = r.Bool() ? Transcript.ReadAnswer(ref r, spec.Model.Digest, spec.Prompt, spec.Parameters) : Transcript.Read(ref r);
        }

        at = "answer";
        var answer = Pick(transcripts, r.Int32());
        at = "participants.count";
        var participants = new Participant[r.Count(ParticipantsMax)];
        for (var i = 0; i < participants.Length; i++)
            participants[i] = ReadParticipant(ref r, ref at, $"participants[{i}]", spec.Id, transcripts);
        at = "convictions.count";
        var convictions = new Conviction[r.Count(ParticipantsMax)];
        for (var i = 0; i < convictions.Length; i++)
            convictions[i] = ReadConviction(ref r, ref at, $"convictions[{i}]", spec.Id);
        at = "payments.count";
        var payments = new Payment[r.Count(PaymentsMax)];
        for (var i = 0; i < payments.Length; i++)
        {
            at = $"payments[{i}]";
            payments[i] = new Payment(
                new LedgerAccount((AccountKind)r.Byte(), r.Text(LedgerAccount.OwnerLength * 4)), r.Money(), (TransferCode)r.Byte());
            if (payments[i].Amount.Value is < 0 or > PaymentMax)
                throw new CanonicalFormatException("an amount is out of range");
        }

        at = "receipt";
        r.End();
        var state = new RequestState(spec, phase)
        {
            Refund = refund,
            CancelAt = cancelAt < 0 ? null : cancelAt,
            Replacements = replacements,
            Published = [.. published],
            Audit = audit,
            Finding = finding == 0 ? null : (Verdict)(finding - 1),
            Participants = [.. participants],
            Convictions = [.. convictions],
            Answer = answer,
            Payments = [.. payments],
        };
        return new Receipt(state, resolvers, DateTimeOffset.FromUnixTimeMilliseconds(finished));
    }

    private static Participant ReadParticipant(ref CanonicalReader r, ref string at, string path, Hash32 request, Transcript[] transcripts)
    {
        var draw = ReadDraw(ref r, ref at, $"{path}.draw");
        at = $"{path}.status";
        var status = (ParticipantStatus)r.Byte();
        at = $"{path}.failure";
        var failure = (ParticipantFailure)r.Byte();
        at = $"{path}.streamed";
        var streamed = r.Int32();
        if (streamed is < 0 or > VerificationLimits.OutputTokens)
            throw new CanonicalFormatException("a count is out of range");
        at = $"{path}.commitment";
        var node = draw.Chosen.Node;
        var commitment = r.Bool() ? new Commitment(request, node, r.Hash(), r.Take(Commitment.SignatureLength).ToArray()) : null;
        at = $"{path}.transcript";
        var transcript = Pick(transcripts, r.Int32());
        at = $"{path}.nonce";
        var nonce = r.Hash();
        at = $"{path}.votes";
        var ballots = new Ballot[r.Count(IntegrityLevel.ReplicasMax)];
        for (var i = 0; i < ballots.Length; i++)
            ballots[i] = ReadBallot(ref r, ref at, $"{path}.votes[{i}]", request, node);
        return new Participant(draw, status)
        {
            Failure = failure,
            // Only the number of provisional tokens is kept: an honest node's are the start of its transcript.
            Streamed = [.. Enumerable.Repeat(0, streamed)],
            Commitment = commitment,
            Transcript = transcript,
            Digest = transcript?.Digest() ?? Hash32.Zero,
            Nonce = nonce,
            Ballots = [.. ballots],
        };
    }

    private static DrawProof ReadDraw(ref CanonicalReader r, ref string at, string path)
    {
        at = path;
        var purpose = (DrawPurpose)r.Byte();
        var ordinal = r.Int32();
        var beacon = ReadBeacon(ref r);
        var root = r.Hash();
        var count = r.Int32();
        at = $"{path}.attempts.count";
        var attempts = new DrawAttempt[r.Count(Draw.AttemptsMax)];
        if (attempts.Length == 0)
            throw new CanonicalFormatException("a draw has at least one attempt");
        for (var i = 0; i < attempts.Length; i++)
        {
            at = $"{path}.attempts[{i}]";
            var index = r.Int32();
            var node = new EligibleNode(r.Node(), r.Hash(), r.Money(), r.Money());
            if (node.InputPrice.Value is < 0 or > NodeLimits.PriceMax || node.OutputPrice.Value is < 0 or > NodeLimits.PriceMax)
                throw new CanonicalFormatException("a price is out of range");
            var proof = new Hash32[r.Count(ProofHashesMax)];
            for (var k = 0; k < proof.Length; k++)
                proof[k] = r.Hash();
            attempts[i] = new DrawAttempt(index, node, proof);
        }

        return new DrawProof(purpose, ordinal, beacon, root, count, attempts);
    }

    private static Ballot ReadBallot(ref CanonicalReader r, ref string at, string path, Hash32 request, NodeId node)
    {
        at = path;
        var subject = r.Hash();
        at = $"{path}.commitment";
        var commitment = r.Bool() ? new VoteCommitment(request, subject, node, r.Hash(), r.Take(Commitment.SignatureLength).ToArray()) : null;
        at = $"{path}.verdict";
        Vote? vote = null;
        if (r.Bool())
        {
            var verdict = (Verdict)r.Byte();
            if (verdict > Verdict.Inconclusive)
                throw new CanonicalFormatException("unknown verdict");
            var position = r.Int32();
            if (position < -1)
                throw new CanonicalFormatException("a position is at least −1");
            vote = new Vote(request, subject, node, verdict, position, r.Hash(), r.Take(Commitment.SignatureLength).ToArray());
        }

        return new Ballot(subject, commitment, vote);
    }

    private static Conviction ReadConviction(ref CanonicalReader r, ref string at, string path, Hash32 request)
    {
        at = path;
        var node = r.Node();
        var kind = (EvidenceKind)r.Byte();
        var position = r.Int32();
        var reason = r.Text(1024);
        var second = r.Bool() ? new Commitment(request, node, r.Hash(), r.Take(Commitment.SignatureLength).ToArray()) : null;
        return new Conviction(node, kind, position, reason, second);
    }

    private static Transcript? Pick(Transcript[] transcripts, int index) =>
        index == -1 ? null
        : index >= 0 && index < transcripts.Length ? transcripts[index]
        : throw new CanonicalFormatException("names a transcript that is not there");
}
