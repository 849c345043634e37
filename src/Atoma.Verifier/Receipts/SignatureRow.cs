using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Verifier.Receipts;

/// <summary>One signature of a receipt: who signed what.</summary>
/// <param name="Signer">Address of the key.</param>
/// <param name="Role">What the signer was in this request.</param>
/// <param name="Over">What the signature is over, in words.</param>
/// <param name="Signed">The hash or verdict that was signed.</param>
/// <param name="Field">Path of the signature, as in docs/receipts.md.</param>
public sealed record SignatureRow(NodeId Signer, string Role, string Over, string Signed, string Field)
{
    /// <summary>All signatures in a receipt, the coordinator's first.</summary>
    public static IEnumerable<SignatureRow> Of(SignedReceipt signed)
    {
        var state = signed.Receipt.State;
        yield return new(signed.Coordinator, "coordinator", "the whole receipt", ReceiptCodec.Digest(signed.Receipt).ToString(), "signature");
        foreach (var row in state.Spec.Review is { } review ? OfReview(review) : [])
            yield return row;
        for (var i = 0; i < state.Participants.Count; i++)
        {
            var participant = state.Participants[i];
            var role = RequestView.Snake(participant.Purpose.ToString());
            if (participant.Commitment is { } commitment)
                yield return new(participant.Node, role, "commitment to its answer", commitment.Value.ToString(), $"participants[{i}].commitment.signature");
            foreach (var row in participant.Ballots.SelectMany((b, j) => OfBallot(participant, b, role, $"participants[{i}].votes[{j}]")))
                yield return row;
        }

        for (var i = 0; i < state.Convictions.Count; i++)
        {
            if (state.Convictions[i].Second is { } second)
                yield return new(second.Node, "convicted", "second commitment", second.Value.ToString(), $"convictions[{i}].second.signature");
        }
    }

    /// <summary>What the answer's authors and its voters signed before it was reviewed.</summary>
    private static IEnumerable<SignatureRow> OfReview(Review review) =>
        review.Authors.Select(a => new SignatureRow(a.Node, "author", "commitment to the reviewed answer", a.Commitment.Value.ToString(), "request.review"))
            .Concat(review.Votes.Select(v => new SignatureRow(v.Checker, "voter before", "vote on the reviewed answer", RequestView.Snake(v.Verdict.ToString()), "request.review")));

    private static IEnumerable<SignatureRow> OfBallot(Participant participant, Ballot ballot, string role, string path)
    {
        if (ballot.Commitment is { } commitment)
            yield return new(participant.Node, role, "commitment to its vote", commitment.Value.ToString(), $"{path}.commitment.signature");
        if (ballot.Vote is { } vote)
            yield return new(participant.Node, role, "vote", RequestView.Snake(vote.Verdict.ToString()), $"{path}.signature");
    }
}
