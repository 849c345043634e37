using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

// P5.3 provisional tokens, P5.4 commit and reveal.
public sealed partial class RequestMachine
{
    private void StartGenerating(Turn turn, DrawProof draw)
    {
        var spec = turn.State.Spec;
        var due = turn.In(options.CommitTimeoutMs);
        turn.State = turn.State with { Phase = RequestPhase.Generating };
        turn.Add(new Participant(draw, ParticipantStatus.Working) { Due = due });
        turn.Effects.Add(new RequestEffect.Send(draw.Chosen.Node, new CoordinatorMessage.Work(
            spec.Id, spec.Model.Digest, due.ToUnixTimeMilliseconds(), spec.Prompt, spec.Parameters, spec.FlowAt(draw.Chosen.Node))));
        if (turn.State.CancelAt is { } at)
            turn.Effects.Add(new RequestEffect.Send(draw.Chosen.Node, new CoordinatorMessage.Cancel(spec.Id, at)));
    }

    private void OnProgress(Turn turn, Participant sender, NodeMessage.Progress progress)
    {
        if (!sender.Generates || sender.Status != ParticipantStatus.Working)
            return;
        var total = (long)sender.Streamed.Count + progress.Tokens.Count;
        // Progress without a token would renew the time limit for ever.
        if (progress.Tokens.Count == 0 || OwesScores(turn, sender) || !AreOfTheModel(turn.State.Spec, progress) || !ShowsWhatWasAsked(turn.State.Spec.Parameters, progress) || progress.From != sender.Streamed.Count || total > turn.State.Spec.Parameters.MaxTokens)
        {
            Fail(turn, sender, ParticipantFailure.Malformed);
            return;
        }

        turn.Replace(sender with { Streamed = sender.Streamed.AddRange(progress.Tokens), Shown = sender.Shown.AddRange(progress.Shown), Due = turn.In(options.CommitTimeoutMs) });
        PublishFromLead(turn);
    }

    /// <summary>Once, before any token, and of the form asked for.</summary>
    private void OnScored(Turn turn, Participant sender, IReadOnlyList<TranscriptChunk> chunks)
    {
        var spec = turn.State.Spec;
        if (!sender.Generates || sender.Status != ParticipantStatus.Working)
            return;
        if (!OwesScores(turn, sender) || PromptScores.Problem(chunks, spec.Prompt, spec.Parameters) is not null
            || !chunks.SelectMany(c => c.Positions).All(p => AreOfTheModel(spec, p)))
            Fail(turn, sender, ParticipantFailure.Malformed);
        else
            turn.Replace(sender with { Scored = chunks, Due = turn.In(options.CommitTimeoutMs) });
    }

    private static bool OwesScores(Turn turn, Participant sender) =>
        turn.State.Spec.Parameters.ScorePrompt && turn.State.Spec.Prompt.Count > 1 && sender.Scored.Count == 0;

    /// <summary>A token that the model does not have has no text that could be shown.</summary>
    private static bool AreOfTheModel(RequestSpec spec, NodeMessage.Progress progress) =>
        progress.Tokens.All(t => t < spec.Model.VocabularySize) && progress.Shown.All(p => AreOfTheModel(spec, p));

    private static bool AreOfTheModel(RequestSpec spec, PositionEvidence position) =>
        AreOfTheModel(spec, position.Entries) && AreOfTheModel(spec, position.Likeliest);

    private static bool AreOfTheModel(RequestSpec spec, IReadOnlyList<EvidenceEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Token >= spec.Model.VocabularySize)
                return false;
        }

        return true;
    }

    /// <summary>Probabilities come with each token or not at all, as asked.</summary>
    private static bool ShowsWhatWasAsked(SamplingParameters parameters, NodeMessage.Progress progress)
    {
        if (parameters.TopLogprobs == 0)
            return progress.Shown.Count == 0;
        return progress.Shown.Count == progress.Tokens.Count
            && progress.Shown.Zip(progress.Tokens).All(s => s.First.Token == s.Second && s.First.Likeliest.Count <= parameters.TopLogprobs);
    }

    /// <summary>Shows what the first active generator has beyond what was shown, as long as it agrees with what was shown.</summary>
    private static void PublishFromLead(Turn turn)
    {
        var lead = turn.Active(p => p.Generates).FirstOrDefault();
        var shown = turn.State.Published;
        // Tokens under way when the requester cancelled are not part of the answer.
        var end = Math.Min(lead?.Streamed.Count ?? 0, turn.State.CancelAt ?? int.MaxValue);
        if (lead is null || end <= shown.Count || !IsPrefix(shown, lead.Streamed))
            return;
        var fresh = lead.Streamed.GetRange(shown.Count, end - shown.Count);
        // A scored prompt is shown with the first token, not before: until then a request that is cancelled is free (P5.8).
        if (shown.IsEmpty)
            turn.State = turn.State with { PublishedScores = lead.Scored };
        turn.State = turn.State with { Published = shown.AddRange(fresh) };
        turn.Effects.Add(new RequestEffect.Publish(
            fresh, lead.Shown.IsEmpty ? [] : lead.Shown.GetRange(shown.Count, end - shown.Count), shown.IsEmpty ? lead.Scored : []));
    }

    private void OnCommit(Turn turn, Participant sender, Commitment commitment)
    {
        if (!sender.Generates || sender.Status != ParticipantStatus.Working)
            return;
        if (commitment.Request != turn.State.Spec.Id || commitment.Node != sender.Node || !commitment.IsSigned(signatures))
        {
            Fail(turn, sender, ParticipantFailure.Malformed);
            return;
        }

        turn.Replace(sender with { Status = ParticipantStatus.Committed, Commitment = commitment, Due = null });
        AskRevealsIfAllCommitted(turn);
    }

    /// <summary>P3.4: a commitment is never withdrawn. A second, different one is hard evidence.</summary>
    private void OnSecondCommit(Turn turn, Participant sender, Commitment second)
    {
        if (second.Request == turn.State.Spec.Id && second.Node == sender.Node && second.Value != sender.Commitment!.Value && second.IsSigned(signatures))
            Convict(turn, sender, new Conviction(sender.Node, EvidenceKind.Equivocation, -1, "committed to two different outputs", second));
    }

    private void AskRevealsIfAllCommitted(Turn turn)
    {
        var generators = turn.Active(p => p.Generates).ToArray();
        if (turn.State.PendingDraws > 0 || generators.Length < turn.State.Spec.Integrity.Generators
            || generators.Any(p => p.Status == ParticipantStatus.Working))
            return;

        turn.State = turn.State with { Phase = RequestPhase.Revealing };
        Commitment[] commitments = [.. generators.Select(p => p.Commitment!)];
        foreach (var generator in generators.Where(p => p.Status == ParticipantStatus.Committed && p.Due is null))
        {
            turn.Replace(generator with { Due = turn.In(options.RevealTimeoutMs) });
            turn.Effects.Add(new RequestEffect.Send(generator.Node, new CoordinatorMessage.AskReveal(turn.State.Spec.Id, commitments)));
        }
    }

    private void OnReveal(Turn turn, Participant sender, NodeMessage.Reveal reveal)
    {
        // Who was asked may answer, also while a replacement generates (the phase then says Generating).
        if (!sender.Generates || sender.Status != ParticipantStatus.Committed || sender.Due is null)
            return;
        // What the node signed is the commitment. Bytes that do not open it could be anybody's, so they convict nobody (P8.5):
        // they count as the reveal that is missing.
        if (!TryReadTranscript(reveal.Transcript, out var transcript) || !Opens(sender.Commitment!, reveal.Nonce, transcript))
        {
            Fail(turn, sender, ParticipantFailure.Silent);
            return;
        }

        sender = sender with { Status = ParticipantStatus.Revealed, Nonce = reveal.Nonce, Transcript = transcript, Digest = transcript.Digest(), Due = null };
        turn.Replace(sender);
        if (RevealFault(turn.State.Spec, turn.State.CancelAt, sender) is { } conviction)
        {
            Convict(turn, sender, conviction);
            return;
        }

        var streamed = transcript.Finish == FinishReason.Cancelled ? sender.Streamed.Take(transcript.OutputCount) : sender.Streamed;
        if (!IsPrefix([.. streamed], [.. transcript.Output]) || (sender.Scored.Count > 0 && !sender.Scored.SequenceEqual(transcript.PromptChunks)) || sender.Shown.Zip(transcript.Positions).Any(s => !s.First.Equals(s.Second.Shown)))
        {
            Fail(turn, sender, ParticipantFailure.StreamedOtherwise);
            return;
        }

        var generators = turn.Active(p => p.Generates).ToArray();
        if (turn.State.PendingDraws == 0 && generators.All(p => p.Status == ParticipantStatus.Revealed)
            && generators.Length == turn.State.Spec.Integrity.Generators)
            OnAllRevealed(turn, generators);
    }

    /// <summary>Whether a transcript is the one committed to (P5.4).</summary>
    internal static bool Opens(Commitment commitment, Hash32 nonce, Transcript transcript) =>
        commitment.Value == Commitment.ValueOf(
            commitment.Request, commitment.Node, nonce, transcript.Digest(), transcript.Prompt.Count, transcript.OutputCount);

    /// <summary>What a transcript that opens its commitment proves by itself (P8.1); null when nothing. Also used by the receipt's verifier.</summary>
    internal static Conviction? RevealFault(RequestSpec spec, int? cancelAt, Participant revealed)
    {
        var transcript = revealed.Transcript!;
        if (transcript.Model != spec.Model.Digest || !transcript.Prompt.SequenceEqual(spec.Prompt) || !SameParameters(transcript.Parameters, spec.Parameters))
            return new Conviction(revealed.Node, EvidenceKind.BadReveal, -1, "answered another model, prompt or parameters than asked");
        if (transcript.Finish == FinishReason.Cancelled && transcript.OutputCount != cancelAt)
            return new Conviction(revealed.Node, EvidenceKind.BadReveal, transcript.OutputCount, "claims a cancellation that was not asked for");
        if (transcript.Positions.Index().FirstOrDefault(p => !AreOfTheModel(spec, p.Item)) is { Item: not null } foreign)
            return new Conviction(revealed.Node, EvidenceKind.Stage1Mismatch, foreign.Index, "names a token that the model does not have");
        if (!transcript.PromptChunks.SelectMany(c => c.Positions).All(p => AreOfTheModel(spec, p)))
            return new Conviction(revealed.Node, EvidenceKind.Stage1Mismatch, -1, "names a token that the model does not have for its prompt");
        var stage1 = spec.Parameters.IsEmbedding
            ? EmbeddingRules.Replay(transcript, spec.Model.EmbeddingLength)
            : Stage1.Replay(transcript, spec.Model.EndOfGeneration.ToHashSet());
        return stage1 is { } fault
            ? new Conviction(revealed.Node, EvidenceKind.Stage1Mismatch, fault.Position, fault.Reason)
            : null;
    }

    private void OnAllRevealed(Turn turn, Participant[] generators)
    {
        if (turn.State.Spec.Integrity.Kind == IntegrityKind.Sampled)
        {
            // P3.4: whether it is audited is drawn only now that the primary cannot change its answer.
            if (turn.State.Audit is null && !IsUndeliverable(turn, generators[0].Transcript!))
                turn.Effects.Add(new RequestEffect.DrawAudit());
        }
        else if (turn.State.Spec.Integrity.Kind == IntegrityKind.Checked)
        {
            // P3.4: checkers are drawn only now that the primary cannot change its answer.
            turn.State = turn.State with { Phase = RequestPhase.Checking };
            Ask(turn, DrawPurpose.Checker, turn.State.Spec.Checkers);
        }
        else if (generators.All(p => p.Digest == generators[0].Digest))
        {
            Settle(turn, generators[0].Transcript!);
        }
        else
        {
            Dispute(turn);
        }
    }

    /// <summary>L1 (P4): the answer is the requester's at once; what an audit still decides over is the money.</summary>
    private void OnAuditDrawn(Turn turn, BeaconReveal beacon)
    {
        var spec = turn.State.Spec;
        // Another primary may be at work meanwhile: the first was convicted of a second commitment.
        if (turn.State.Audit is not null || turn.Active(p => p is { Generates: true, Status: ParticipantStatus.Revealed }).SingleOrDefault() is not { } primary)
            return;
        turn.State = turn.State with { Audit = beacon };
        if (!Audit.IsDue(beacon, spec.Id, spec.Terms.AuditPpm))
        {
            Settle(turn, primary.Transcript!);
            return;
        }

        Publish(turn, primary.Transcript!);
        turn.Effects.Add(new RequestEffect.Deliver());
        turn.State = turn.State with { Delivered = true, Phase = RequestPhase.Checking };
        Ask(turn, DrawPurpose.Checker, spec.Checkers);
    }

    private void Convict(Turn turn, Participant cheat, Conviction conviction)
    {
        turn.Replace(cheat with { Status = ParticipantStatus.Convicted, Due = null });
        turn.State = turn.State with { Convictions = turn.State.Convictions.Add(conviction) };
        turn.Effects.Add(new RequestEffect.Jail(cheat.Node, conviction.Reason));
        if (turn.State.Phase != RequestPhase.Resolving || turn.State.Spec.Integrity.Kind != IntegrityKind.Replicated)
            ReplaceCheat(turn, cheat);
    }

    /// <summary>Others serve the request, unless the requester has already seen tokens of the cheat.</summary>
    private void ReplaceCheat(Turn turn, Participant cheat)
    {
        if (IsShown(turn, cheat))
            Refund(turn, RefundReason.FraudDetected);
        else
            DrawReplacement(turn, cheat.Purpose);
    }

    /// <summary>Whether the requester has seen tokens of it, which another answer would contradict.</summary>
    private static bool IsShown(Turn turn, Participant author) =>
        turn.State.Delivered || (turn.State.Spec.Streaming && author.Purpose == DrawPurpose.Primary && turn.State.Published.Count > 0);

    /// <summary>P5.8: before the first token a cancelled request is free; later it is charged up to the tokens shown.</summary>
    private static void OnCancel(Turn turn)
    {
        var generators = turn.Active(p => p.Generates).ToArray();
        if (turn.State.CancelAt is not null || generators.Any(p => p.Status != ParticipantStatus.Working))
            return;
        var shown = turn.State.Published.Count;
        if (shown == 0)
        {
            Refund(turn, RefundReason.Cancelled);
            return;
        }

        // A node convicted of cancelling by itself stays convicted: its proof is that nobody asked for that length.
        while (turn.State.Participants.Exists(p => p is { Status: ParticipantStatus.Convicted, Transcript.Finish: FinishReason.Cancelled } && p.Transcript.OutputCount == shown))
            shown++;
        turn.State = turn.State with { CancelAt = shown };
        foreach (var generator in generators)
            turn.Effects.Add(new RequestEffect.Send(generator.Node, new CoordinatorMessage.Cancel(turn.State.Spec.Id, shown)));
    }

    private static bool TryReadTranscript(byte[] bytes, out Transcript transcript)
    {
        try
        {
            transcript = Transcript.FromBytes(bytes);
            return true;
        }
        catch (CanonicalFormatException)
        {
            transcript = null!;
            return false;
        }
    }

    private static bool SameParameters(SamplingParameters left, SamplingParameters right)
    {
        var (a, b) = (new CanonicalWriter(), new CanonicalWriter());
        left.Write(a);
        right.Write(b);
        return a.ToArray().AsSpan().SequenceEqual(b.ToArray());
    }

    private static bool IsPrefix(IReadOnlyList<int> prefix, IReadOnlyList<int> whole) =>
        prefix.Count <= whole.Count && prefix.SequenceEqual(whole.Take(prefix.Count));
}
