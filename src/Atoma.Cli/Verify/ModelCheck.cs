using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Cli.Verify;

/// <summary>What the model says of one transcript of a receipt.</summary>
/// <param name="Subject">Which transcript, in words.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Outcome">Of stage 2 on this machine.</param>
/// <param name="Expected">What the receipt claims that stage 2 finds: Match for an answer, Mismatch for a conviction.</param>
public sealed record ModelFinding(string Subject, Hash32 Digest, CheckOutcome Outcome, Verdict Expected)
{
    public bool Agrees => Outcome.Verdict == Expected;

    public bool IsInconclusive => Outcome.Verdict == Verdict.Inconclusive;
}

/// <summary>Stage 2 of a receipt with the model at hand (P7.4, P9): exact in the receipt's own echelon, statistical from another.</summary>
/// <param name="engine">Has the receipt's model.</param>
/// <param name="echelon">Id of the engine's echelon.</param>
/// <param name="state">Of a receipt that holds offline.</param>
public sealed class ModelCheck(IInferenceEngine engine, Hash32 echelon, RequestState state)
{
    /// <summary>Whether this machine computes the receipt's bits, so that every one is compared.</summary>
    public bool IsExact => engine.Echelon.IsExact && echelon == state.Echelon;

    /// <summary>Which check it is and why, for people.</summary>
    public string Method
    {
        get
        {
            if (IsExact)
                return "exact: this machine runs the receipt's echelon, so every bit is compared";
            var known = Thresholds.Count > 0 ? "thresholds for this pair of echelons are published" : "and no thresholds for this pair of echelons are published";
            return $"statistical: this machine runs another echelon ({echelon.ToString()[..12]}… against {state.Echelon?.ToString()[..12]}…); {known}";
        }
    }

    private IReadOnlyList<StatisticalThreshold> Thresholds => state.Echelon is { } claimant ? PublishedThresholds.Find(claimant, echelon) : [];

    /// <summary>What there is to check: the delivered answer, one under review, and each answer that resolvers convicted.</summary>
    public static IReadOnlyList<(string Subject, Transcript Transcript, Verdict Expected)> Subjects(RequestState state)
    {
        List<(string, Transcript, Verdict)> subjects = [];
        if (state.Answer is { } answer)
            subjects.Add(("the delivered answer", answer, Verdict.Match));
        if (state is { Spec.Review: { } review, Finding: { } finding })
            subjects.Add(("the answer under review", review.Subject, finding));
        foreach (var conviction in state.Convictions.Where(c => c.Kind == EvidenceKind.Stage2Mismatch))
        {
            if (state.Participants.Find(p => p.Node == conviction.Node)?.Transcript is { } transcript)
                subjects.Add(($"the answer that {conviction.Node} was convicted of", transcript, Verdict.Mismatch));
        }

        return subjects;
    }

    /// <exception cref="EngineRefusedException">The engine could not take or finish a task.</exception>
    public async Task<IReadOnlyList<ModelFinding>> RunAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        List<ModelFinding> findings = [];
        foreach (var (subject, transcript, expected) in Subjects(state))
        {
            progress($"Checking {subject}: {transcript.Prompt.Count} tokens of prompt, {transcript.OutputCount} of output …");
            var finding = new ModelFinding(subject, transcript.Digest(), await CheckAsync(transcript, cancellationToken), expected);
            if (IsExact && !finding.Agrees && !finding.IsInconclusive)
                finding = await DoubtAsync(finding, progress, cancellationToken);
            findings.Add(finding);
        }

        return findings;
    }

    private async Task<CheckOutcome> CheckAsync(Transcript transcript, CancellationToken cancellationToken)
    {
        var task = new GenerationTask(state.Spec.Id, state.Spec.Prompt, state.Spec.Parameters);
        if (IsExact)
            return await engine.CheckAsync(task, transcript, cancellationToken);
        if (task.Parameters.IsEmbedding)
            return CheckOutcome.Inconclusive("embeddings of another echelon are not compared statistically");
        if (task.Parameters is { ScorePrompt: true, MaxTokens: 0 })
            return CheckOutcome.Inconclusive("a prompt's probabilities are compared bit by bit or not at all");
        // Without thresholds the prefill can still find what no arithmetic explains, such as an end that is not one.
        return StatisticalCheck.Judge(await engine.ObserveAsync(task, transcript, cancellationToken), Thresholds);
    }

    /// <summary>Before a node is blamed: a machine that does not even reproduce its own bits blames nobody.</summary>
    private async Task<ModelFinding> DoubtAsync(ModelFinding finding, Action<string> progress, CancellationToken cancellationToken)
    {
        progress("That is not what the receipt says; testing whether this machine computes the same bits twice …");
        return await KnownAnswers.SelfTestAsync(engine, cancellationToken) is { } problem
            ? finding with { Outcome = CheckOutcome.Inconclusive($"this machine does not reproduce its own answers: {problem}") }
            : finding;
    }
}
