using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Verification;

/// <summary>A checker's signed promise of a vote, made before any vote is shown (P5.5).</summary>
/// <param name="Request">Request id.</param>
/// <param name="Subject">Digest of the transcript that was checked.</param>
/// <param name="Checker">Who votes.</param>
/// <param name="Value">See <see cref="ValueOf"/>.</param>
/// <param name="Signature">65 bytes over <see cref="SigningDomain.VoteCommitment"/>.</param>
public sealed record VoteCommitment(Hash32 Request, Hash32 Subject, NodeId Checker, Hash32 Value, byte[] Signature)
{
    /// <summary>H(domain ‖ request ‖ subject ‖ checker ‖ verdict ‖ position ‖ nonce).</summary>
    public static Hash32 ValueOf(Hash32 request, Hash32 subject, NodeId checker, Verdict verdict, int position, Hash32 nonce) =>
        new CanonicalWriter().Text("atoma/vote/1").Hash(request).Hash(subject).Node(checker).Byte((byte)verdict).Int32(position).Hash(nonce).Sha256();

    public static VoteCommitment Sign(ISigner signer, Hash32 request, Hash32 subject, Hash32 value) =>
        new(request, subject, signer.Id, value, signer.Sign(SigningDomain.VoteCommitment(request, subject, signer.Id, value)));

    public bool IsSigned(ISignatureScheme scheme) =>
        scheme.Recover(SigningDomain.VoteCommitment(Request, Subject, Checker, Value), Signature) == Checker;

    public void Write(CanonicalWriter writer) => writer.Hash(Request).Hash(Subject).Node(Checker).Hash(Value).Raw(Signature);

    public static VoteCommitment Read(ref CanonicalReader reader) =>
        new(reader.Hash(), reader.Hash(), reader.Node(), reader.Hash(), reader.Take(Commitment.SignatureLength).ToArray());

    public bool Equals(VoteCommitment? other) =>
        other is not null && Request == other.Request && Subject == other.Subject && Checker == other.Checker && Value == other.Value
        && Signature.AsSpan().SequenceEqual(other.Signature);

    public override int GetHashCode() => Value.GetHashCode();
}

/// <summary>A checker's signed vote on one transcript.</summary>
/// <param name="Request">Request id.</param>
/// <param name="Subject">Digest of the transcript.</param>
/// <param name="Checker">Who votes.</param>
/// <param name="Verdict">Match, Mismatch or Inconclusive.</param>
/// <param name="Position">First differing output position of a mismatch, else −1.</param>
/// <param name="Nonce">Opens the vote's commitment.</param>
/// <param name="Signature">65 bytes over <see cref="SigningDomain.Vote"/>.</param>
public sealed record Vote(Hash32 Request, Hash32 Subject, NodeId Checker, Verdict Verdict, int Position, Hash32 Nonce, byte[] Signature)
{
    public static Vote Sign(ISigner signer, Hash32 request, Hash32 subject, CheckOutcome outcome, Hash32 nonce) =>
        new(request, subject, signer.Id, outcome.Verdict, outcome.Position, nonce,
            signer.Sign(Digest(request, subject, signer.Id, outcome.Verdict, outcome.Position, nonce)));

    public bool IsSigned(ISignatureScheme scheme) =>
        scheme.Recover(Digest(Request, Subject, Checker, Verdict, Position, Nonce), Signature) == Checker;

    public bool Opens(VoteCommitment commitment) =>
        commitment.Request == Request && commitment.Subject == Subject && commitment.Checker == Checker
        && commitment.Value == VoteCommitment.ValueOf(Request, Subject, Checker, Verdict, Position, Nonce);

    public void Write(CanonicalWriter writer) =>
        writer.Hash(Request).Hash(Subject).Node(Checker).Byte((byte)Verdict).Int32(Position).Hash(Nonce).Raw(Signature);

    public static Vote Read(ref CanonicalReader reader)
    {
        var request = reader.Hash();
        var subject = reader.Hash();
        var checker = reader.Node();
        var verdict = reader.Byte();
        var position = reader.Int32();
        if (verdict > (byte)Verdict.Inconclusive)
            throw new CanonicalFormatException($"Unknown verdict {verdict}.");
        if (position < -1)
            throw new CanonicalFormatException("A position is at least −1.");
        return new Vote(request, subject, checker, (Verdict)verdict, position, reader.Hash(), reader.Take(Commitment.SignatureLength).ToArray());
    }

    public bool Equals(Vote? other) =>
        other is not null && Request == other.Request && Subject == other.Subject && Checker == other.Checker && Verdict == other.Verdict
        && Position == other.Position && Nonce == other.Nonce && Signature.AsSpan().SequenceEqual(other.Signature);

    public override int GetHashCode() => HashCode.Combine(Request, Subject, Checker);

    private static Hash32 Digest(Hash32 request, Hash32 subject, NodeId checker, Verdict verdict, int position, Hash32 nonce) =>
        SigningDomain.Vote(request, subject, checker, (ulong)verdict, (ulong)(position + 1), nonce);
}
