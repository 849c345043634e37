using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

/// <summary>Why an answer is looked at again. Stored: append only.</summary>
public enum ReviewKind : byte
{
    /// <summary>The requester doubts a settled answer, with a bond (P8.3).</summary>
    Dispute = 1,

    /// <summary>Voters contradicted each other, or a conviction is to be confirmed before money moves (P8.2): everybody votes.</summary>
    Assembly = 2,

    /// <summary>A known-bad answer that looks like any other (P7.6).</summary>
    Canary = 3,
}

/// <summary>Who gave the answer under review, and the commitment by which it is bound to it.</summary>
/// <param name="Nonce">Opens the commitment.</param>
/// <param name="Commitment">Signed.</param>
public sealed record ReviewAuthor(Hash32 Nonce, Commitment Commitment)
{
    public NodeId Node => Commitment.Node;
}

/// <summary>An answer that was given before and is checked again, by nodes drawn anew. What is voted on and why is all in here, so the review's receipt stands alone.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Origin">The request, or review, that it follows.</param>
/// <param name="Case">The case it decides; zero where there is none.</param>
/// <param name="Echelon">The replay class that can tell.</param>
/// <param name="Panel">Nodes drawn, 1 to <see cref="PanelMax"/>.</param>
/// <param name="Subject">The answer.</param>
/// <param name="Authors">Those who gave it; none of them votes. Empty for a canary.</param>
/// <param name="Votes">Signed votes cast on it before.</param>
public sealed record Review(
    ReviewKind Kind, Hash32 Origin, Hash32 Case, Hash32 Echelon, int Panel, Transcript Subject, IReadOnlyList<ReviewAuthor> Authors, IReadOnlyList<Vote> Votes)
{
    /// <summary>As many as one receipt holds. In a larger network the panel is a sample.</summary>
    public const int PanelMax = 63;

    /// <summary>Votes carried over: those of one request or review and of the one before it.</summary>
    public const int VotesMax = 128;

    /// <summary>Digest of <see cref="Subject"/>.</summary>
    public Hash32 Digest { get; } = Subject.Digest();

    /// <summary>
    /// Votes that decide: a majority, of an assembly two thirds of all, its authors included. An assembly is right as long as the
    /// adversary has less than two thirds of the echelon, and decides as long as it has at most one third.
    /// </summary>
    public int Needed => Kind == ReviewKind.Assembly ? (2 * (Panel + Authors.Count) + 2) / 3 : Panel / 2 + 1;

    /// <summary>Votes for the answer before anybody is asked: in an assembly its authors', who have signed that they stand behind it.</summary>
    public int Endorsements => Kind == ReviewKind.Assembly ? Authors.Count : 0;

    /// <summary>What a review of this kind and case is called: asked for twice it is the same one.</summary>
    /// <param name="round">0, then 1 more for each time it has to be held again.</param>
    public static Hash32 NonceOf(ReviewKind kind, Hash32 origin, Hash32 subject, int round) =>
        new CanonicalWriter().Text("atoma/review/1").Byte((byte)kind).Hash(origin).Hash(subject).Int32(round).Sha256();

    public void Write(CanonicalWriter w)
    {
        w.Byte((byte)Kind).Hash(Origin).Hash(Case).Hash(Echelon).Byte((byte)Panel);
        Subject.Write(w);
        w.Count(Authors.Count);
        foreach (var author in Authors)
        {
            w.Hash(author.Nonce);
            author.Commitment.Write(w);
        }

        w.Count(Votes.Count);
        foreach (var vote in Votes)
            vote.Write(w);
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static Review Read(ref CanonicalReader r)
    {
        var kind = (ReviewKind)r.Byte();
        var (origin, @case, echelon) = (r.Hash(), r.Hash(), r.Hash());
        var panel = r.Byte();
        if (kind is < ReviewKind.Dispute or > ReviewKind.Canary || panel is < 1 or > PanelMax)
            throw new CanonicalFormatException("Unknown kind or size of review.");
        var subject = Transcript.Read(ref r);
        var authors = new ReviewAuthor[r.Count(ReceiptCodec.ParticipantsMax)];
        for (var i = 0; i < authors.Length; i++)
            authors[i] = new ReviewAuthor(r.Hash(), Commitment.Read(ref r));
        var votes = new Vote[r.Count(VotesMax)];
        for (var i = 0; i < votes.Length; i++)
            votes[i] = Vote.Read(ref r);
        return new Review(kind, origin, @case, echelon, panel, subject, authors, votes);
    }
}
