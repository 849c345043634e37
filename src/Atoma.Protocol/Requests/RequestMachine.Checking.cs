using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

// P5.5 checks and votes, P8.2 resolvers.
public sealed partial class RequestMachine
{
    /// <summary>A transcript in question.</summary>
    private readonly record struct Subject(Hash32 Digest, Transcript Transcript);

    /// <summary>The one under review, or the distinct ones of the active generators.</summary>
    private static Subject[] Subjects(Turn turn) => turn.State.Spec.Review is { } review
        ? [new Subject(review.Digest, review.Subject)]
        : [.. turn.Active(p => p.Generates && p.Transcript is not null).DistinctBy(p => p.Digest).Select(p => new Subject(p.Digest, p.Transcript!))];

    private void StartChecking(Turn turn, DrawProof draw)
    {
        var spec = turn.State.Spec;
        var due = turn.In(options.CheckTimeoutMs);
        var subjects = Subjects(turn);
        Invariant.Assert(subjects.Length > 0);
        turn.Add(new Participant(draw, ParticipantStatus.Checking) { Due = due, Ballots = [.. subjects.Select(s => new Ballot(s.Digest))] });
        foreach (var subject in subjects)
        {
            turn.Effects.Add(new RequestEffect.Send(draw.Chosen.Node, new CoordinatorMessage.Check(
                spec.Id, spec.Model.Digest, due.ToUnixTimeMilliseconds(), spec.Prompt, spec.Parameters,
                spec.FlowAt(draw.Chosen.Node), subject.Transcript.ToBytes())));
        }
    }

    private void OnVoteCommitment(Turn turn, Participant sender, VoteCommitment commitment)
    {
        var index = sender.Ballots.FindIndex(b => b.Subject == commitment.Subject);
        if (sender.Status != ParticipantStatus.Checking || index < 0 || sender.Ballots[index].Commitment is not null)
            return;
        if (commitment.Request != turn.State.Spec.Id || commitment.Checker != sender.Node || !commitment.IsSigned(signatures))
        {
            Fail(turn, sender, ParticipantFailure.Malformed);
            return;
        }

        sender = sender with { Ballots = sender.Ballots.SetItem(index, sender.Ballots[index] with { Commitment = commitment }) };
        if (sender.Ballots.All(b => b.Commitment is not null))
            sender = sender with { Status = ParticipantStatus.VoteCommitted, Due = null };
        turn.Replace(sender);
        AskVotesIfAllCommitted(turn, sender.Purpose);
    }

    /// <summary>No vote is shown before all are committed (P5.5).</summary>
    private void AskVotesIfAllCommitted(Turn turn, DrawPurpose purpose)
    {
        var voters = Voters(turn, purpose);
        if (turn.State.PendingDraws > 0 || voters.Any(p => p.Status == ParticipantStatus.Checking))
            return;
        foreach (var voter in voters.Where(p => p.Status == ParticipantStatus.VoteCommitted && p.Due is null))
        {
            turn.Replace(voter with { Due = turn.In(options.RevealTimeoutMs) });
            foreach (var ballot in voter.Ballots)
                turn.Effects.Add(new RequestEffect.Send(voter.Node, new CoordinatorMessage.AskVote(turn.State.Spec.Id, ballot.Subject)));
        }
    }

    private void OnVote(Turn turn, Participant sender, Vote vote)
    {
        var index = sender.Ballots.FindIndex(b => b.Subject == vote.Subject);
        if (sender.Status != ParticipantStatus.VoteCommitted || sender.Due is null || index < 0 || sender.Ballots[index].Vote is not null)
            return;
        if (!vote.Opens(sender.Ballots[index].Commitment!) || !vote.IsSigned(signatures))
        {
            Fail(turn, sender, ParticipantFailure.Malformed);
            return;
        }

        sender = sender with { Ballots = sender.Ballots.SetItem(index, sender.Ballots[index] with { Vote = vote }) };
        if (sender.Ballots.All(b => b.Vote is not null))
            sender = sender with { Status = ParticipantStatus.Voted, Due = null };
        turn.Replace(sender);
        TallyIfComplete(turn, sender.Purpose);
    }

    private void TallyIfComplete(Turn turn, DrawPurpose purpose)
    {
        if (turn.State.IsTerminal || turn.State.PendingDraws > 0)
            return;
        AskVotesIfAllCommitted(turn, purpose);
        var voters = Voters(turn, purpose);
        if (voters.Any(p => p.Status != ParticipantStatus.Voted))
            return;
        if (turn.State.Spec.Review is { } review)
            TallyReview(turn, review, voters);
        else if (purpose == DrawPurpose.Checker)
            TallyCheckers(turn, voters);
        else if (turn.State.Spec.Integrity.Kind == IntegrityKind.Replicated)
            TallyReplicas(turn, voters);
        else
            TallyResolvers(turn, voters);
    }

    /// <summary>
    /// Those who vote on what is in question now; voters on a convicted node's answer have had their say, also where the next
    /// node gives the same answer again.
    /// </summary>
    private static Participant[] Voters(Turn turn, DrawPurpose purpose)
    {
        var subjects = Subjects(turn).Select(s => s.Digest).ToHashSet();
        var generators = turn.Active(p => p.Generates).ToArray();
        return [.. turn.Active(p => p.Purpose == purpose && generators.All(g => IsAfter(p, g)) && p.Ballots.Exists(b => subjects.Contains(b.Subject)))];
    }

    /// <summary>Drawn after it, and so perhaps a voter on its answer.</summary>
    internal static bool IsAfter(Participant voter, Participant generator) => voter.Draw.Ordinal > generator.Draw.Ordinal;

    private void TallyCheckers(Turn turn, Participant[] checkers)
    {
        var spec = turn.State.Spec;
        var subject = Subjects(turn)[0];
        var (match, mismatch) = (Votes(checkers, subject.Digest, Verdict.Match), Votes(checkers, subject.Digest, Verdict.Mismatch));
        if (match >= spec.Quorum)
            Settle(turn, subject.Transcript);
        else if (mismatch >= spec.Quorum && spec.Comparison == Comparison.Exact)
            Dispute(turn);
        else if (mismatch >= spec.Quorum)
            Refund(turn, RefundReason.AuditFailed); // P8.1: soft evidence is judged over many answers.
        else if (spec.Comparison == Comparison.Statistical && mismatch < spec.Quorum)
            Settle(turn, subject.Transcript); // P7.4: too short to tell is no fault.
        else if (checkers.FirstOrDefault(c => VoteOf(c, subject.Digest) == Verdict.Inconclusive) is { } unsure)
            Fail(turn, unsure, ParticipantFailure.Refused);
        else
            Refund(turn, RefundReason.NoQuorum);
    }

    /// <summary>P8.2: nodes outside the dispute, drawn anew; a majority of the full number decides, however many were left to draw.</summary>
    private void Dispute(Turn turn)
    {
        turn.State = turn.State with { Phase = RequestPhase.Resolving };
        Ask(turn, DrawPurpose.Resolver, options.Resolvers);
    }

    private int ResolverMajority => options.Resolvers / 2 + 1;

    private void TallyResolvers(Turn turn, Participant[] resolvers)
    {
        var subject = Subjects(turn)[0];
        if (Votes(resolvers, subject.Digest, Verdict.Mismatch) >= ResolverMajority)
        {
            // The next primary's answer is checked afresh: this round's voters have had their say.
            var cheat = turn.Active(p => p.Generates && p.Digest == subject.Digest).Single();
            Convict(turn, cheat, Stage2(cheat, resolvers));
        }
        else if (Votes(resolvers, subject.Digest, Verdict.Match) >= ResolverMajority)
        {
            Contest(turn, subject);
        }
        else
        {
            Refund(turn, RefundReason.NoQuorum);
        }
    }

    /// <summary>
    /// Resolvers contradict the checkers: somebody lied, and three votes do not say who (an assembly will). What the level
    /// promises is not behind this answer, so another node gives one.
    /// </summary>
    private void Contest(Turn turn, Subject subject)
    {
        var author = turn.Active(p => p.Generates && p.Digest == subject.Digest).Single();
        turn.Replace(author with { Status = ParticipantStatus.Dismissed });
        turn.Effects.Add(new RequestEffect.Send(author.Node, new CoordinatorMessage.Closed(turn.State.Spec.Id)));
        if (IsShown(turn, author))
            Refund(turn, RefundReason.NoQuorum);
        else
            DrawReplacement(turn, author.Purpose);
    }

    /// <summary>Resolvers say who is convicted. The answer is not delivered: n equal ones were promised, and there are not (P4).</summary>
    private void TallyReplicas(Turn turn, Participant[] resolvers)
    {
        foreach (var wrong in Subjects(turn).Where(s => Votes(resolvers, s.Digest, Verdict.Mismatch) >= ResolverMajority))
        {
            foreach (var cheat in turn.Active(p => p.Generates && p.Digest == wrong.Digest).ToArray())
                Convict(turn, cheat, Stage2(cheat, resolvers));
        }

        Refund(turn, turn.State.Convictions.Count > 0 ? RefundReason.FraudDetected : RefundReason.NoQuorum);
    }

    private static Conviction Stage2(Participant cheat, Participant[] resolvers)
    {
        var position = resolvers.Select(r => r.Ballots.Find(b => b.Subject == cheat.Digest)?.Vote)
            .Where(v => v?.Verdict == Verdict.Mismatch).Min(v => v!.Position);
        return new Conviction(cheat.Node, EvidenceKind.Stage2Mismatch, position, "gave an output that is not the model's");
    }

    private static int Votes(IEnumerable<Participant> voters, Hash32 subject, Verdict verdict) => voters.Count(v => VoteOf(v, subject) == verdict);

    private static Verdict? VoteOf(Participant voter, Hash32 subject) => voter.Ballots.Find(b => b.Subject == subject)?.Vote?.Verdict;
}
