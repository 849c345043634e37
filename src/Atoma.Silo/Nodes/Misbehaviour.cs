using System.Collections.Concurrent;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Silo.Nodes;

/// <summary>Ways to cheat that the demonstration knows (P12).</summary>
internal enum MisbehaviourKind
{
    /// <summary>Replaces one token of the model's answer and forges the evidence for it; of a scored prompt, forges a probability.</summary>
    WrongTokens,

    /// <summary>Answers with a lower quantisation of the model and claims the full one.</summary>
    OtherModel,

    /// <summary>Ends half-way and claims that the model did.</summary>
    Truncate,

    /// <summary>Takes work and never answers.</summary>
    Silent,

    /// <summary>Runs no model: repeats an earlier answer, or the prompt.</summary>
    Copy,

    /// <summary>Answers honestly, but as a checker finds everything right without looking.</summary>
    Lazy,

    /// <summary>Gives wrong tokens, the same that every other colluder gives, and finds everything right as a checker.</summary>
    Collude,
}

/// <summary>
/// DEMONSTRATION ONLY: makes a node cheat, so that a newcomer can watch it being found out. Nothing in the network knows of it
/// or looks for it.
/// </summary>
/// <param name="kind">How.</param>
/// <param name="imitated">Digest of the model that <paramref name="otherModel"/> stands in for.</param>
/// <param name="otherModel">For <see cref="MisbehaviourKind.OtherModel"/>: the lower quantisation.</param>
internal sealed class Misbehaviour(MisbehaviourKind kind, Hash32 imitated, IInferenceEngine? otherModel)
{
    private readonly ConcurrentDictionary<Hash32, int[]> _lastOutputs = new();

    public static IReadOnlyDictionary<string, MisbehaviourKind> Names { get; } = new Dictionary<string, MisbehaviourKind>(StringComparer.Ordinal)
    {
        ["wrong-tokens"] = MisbehaviourKind.WrongTokens,
        ["other-model"] = MisbehaviourKind.OtherModel,
        ["truncate"] = MisbehaviourKind.Truncate,
        ["silent"] = MisbehaviourKind.Silent,
        ["copy"] = MisbehaviourKind.Copy,
        ["lazy"] = MisbehaviourKind.Lazy,
        ["collude"] = MisbehaviourKind.Collude,
    };

    public bool IsSilent => kind == MisbehaviourKind.Silent;

    /// <summary>As a checker it votes without looking.</summary>
    public bool ChecksNothing => kind is MisbehaviourKind.Lazy or MisbehaviourKind.Collude;

    /// <summary>A cheat that alters tokens afterwards must not have shown the honest ones.</summary>
    public bool HidesProgress => kind is MisbehaviourKind.WrongTokens or MisbehaviourKind.Truncate or MisbehaviourKind.Copy or MisbehaviourKind.Collude;

    /// <summary>The cheat's answer.</summary>
    /// <param name="job">What was asked.</param>
    /// <param name="model">Digest of the model asked for.</param>
    /// <param name="generate">Runs an engine, null for the node's own.</param>
    public async Task<Transcript> AnswerAsync(NodeJob job, Hash32 model, Func<IInferenceEngine?, Task<Transcript>> generate)
    {
        switch (kind)
        {
            case MisbehaviourKind.Lazy:
                return await generate(null);
            case MisbehaviourKind.OtherModel:
                return await generate(model == imitated ? otherModel : null);
            case MisbehaviourKind.Copy when !job.Task.Parameters.IsEmbedding && !job.Task.Parameters.ScorePrompt:
                return Copied(job.Task, model);
            default:
                var honest = await generate(null);
                if (job.Task.Parameters.IsEmbedding)
                    return honest with { Vectors = [.. honest.Vectors.Select(Reversed)] };
                if (honest.PromptChunks.Count > 0)
                    return WithWrongScore(honest);
                if (honest.OutputCount == 0)
                    return honest;
                _lastOutputs[model] = [.. honest.Output];
                return kind == MisbehaviourKind.Truncate ? Truncated(honest) : WithWrongToken(honest);
        }
    }

    /// <summary>The token in the middle becomes its runner-up, with evidence in which that one wins.</summary>
    private static Transcript WithWrongToken(Transcript honest)
    {
        PositionEvidence[] positions = [.. honest.Positions];
        var at = positions.Length / 2;
        var runnerUp = positions[at].Entries.Count > 1 ? positions[at].Entries[1].Token : (positions[at].Token + 1) % 256;
        positions[at] = Certain(runnerUp);
        return Rebuilt(honest.Model, honest.Prompt, honest.Parameters, positions, honest.Finish);
    }

    /// <summary>The prompt's least likely token becomes certain.</summary>
    private static Transcript WithWrongScore(Transcript honest)
    {
        PositionEvidence[] scores = [.. honest.PromptChunks.SelectMany(c => c.Positions)];
        var forged = scores.MaxBy(s => s.Entries[0].Quanta)!;
        var certain = new EvidenceEntry(forged.Token, 0);
        EvidenceEntry[] others = [.. forged.Likeliest.Where(l => l.Token != forged.Token).Select(l => l with { Quanta = Math.Max((ushort)1, l.Quanta) })];
        scores[Array.IndexOf(scores, forged)] = new PositionEvidence([certain]) { Likeliest = [certain, .. others.Take(forged.Likeliest.Count - 1)] };
        return honest with { PromptChunks = PromptScores.Chunked(scores) };
    }

    /// <summary>Half the answer, as if max_tokens or the end had been reached there.</summary>
    private static Transcript Truncated(Transcript honest)
    {
        PositionEvidence[] positions = [.. honest.Positions];
        var half = positions[..Math.Max(1, positions.Length / 2)];
        if (honest.Finish == FinishReason.EndOfSequence)
            half[^1] = Certain(positions[^1].Token);
        return Rebuilt(honest.Model, honest.Prompt, honest.Parameters, half, honest.Finish);
    }

    private Transcript Copied(GenerationTask task, Hash32 model)
    {
        var source = _lastOutputs.TryGetValue(model, out var last) && last.Length > 0 ? last : [.. task.Prompt];
        PositionEvidence[] positions = [.. Enumerable.Range(0, task.Parameters.MaxTokens).Select(i => Certain(source[i % source.Length]))];
        return Rebuilt(model, task.Prompt, task.Parameters, positions, FinishReason.Length);
    }

    /// <summary>Another vector of length 1: only a check with the model finds it out.</summary>
    private static EmbeddingVector Reversed(EmbeddingVector vector) => new([.. vector.Values.Reverse()]);

    /// <summary>Evidence of a model that was sure: it replays, so only a check with the model finds it out.</summary>
    private static PositionEvidence Certain(int token) => new([new EvidenceEntry(token, 0)]);

    private static Transcript Rebuilt(
        Hash32 model, IReadOnlyList<int> prompt, SamplingParameters parameters, IEnumerable<PositionEvidence> positions, FinishReason finish)
    {
        var builder = new TranscriptBuilder(model, prompt, parameters);
        foreach (var position in positions)
            builder.Add(position);
        return builder.Finish(finish);
    }
}
