using Atoma.Protocol.Nodes;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Model;

namespace Atoma.Simulation.Nodes;

/// <summary>Transcripts that are not what they claim, each as good as its attack can make it.</summary>
internal static class Forge
{
    private const int End = Brain.EndOfGeneration;

    public static Transcript Of(CoordinatorMessage.Work work, IEnumerable<PositionEvidence> positions, FinishReason finish)
    {
        var builder = new TranscriptBuilder(Brain.Manifest.Digest, work.Prompt, work.Parameters);
        foreach (var position in positions.Take(work.Parameters.MaxTokens))
            builder.Add(position);
        return builder.Finish(finish);
    }

    /// <summary>The same positions, cut off and called cancelled.</summary>
    public static Transcript Cut(Transcript whole, int end)
    {
        var builder = new TranscriptBuilder(whole.Model, whole.Prompt, whole.Parameters);
        foreach (var position in whole.Positions.Take(end))
            builder.Add(position);
        return builder.Finish(FinishReason.Cancelled);
    }

    /// <summary>Claims other parameters or prompt than it used.</summary>
    public static Transcript Relabel(Transcript made, CoordinatorMessage.Work work) => Of(work, made.Positions, Finish(made, work));

    private static FinishReason Finish(Transcript made, CoordinatorMessage.Work work) =>
        made.Output.LastOrDefault() == End && !work.Parameters.IgnoreEndOfSequence ? FinishReason.EndOfSequence : made.Finish;

    /// <summary>Goes on after the end of the answer: evidence where that token does not occur, then made-up positions.</summary>
    public static Transcript Pad(Transcript honest, CoordinatorMessage.Work work)
    {
        var free = honest.Positions.Where(p => p.Token != End).Select(Without).ToList();
        var source = free.Count == 0 ? [new PositionEvidence([new EvidenceEntry(5, 100)])] : free.ToArray();
        while (free.Count < work.Parameters.MaxTokens)
            free.Add(new PositionEvidence([source[free.Count % source.Length].Entries[0]]));
        return Of(work, free, FinishReason.Length);
    }

    /// <summary>Ends-of-sequence are taken out of the evidence, so that the runner-up seems chosen.</summary>
    public static Transcript SkipEnd(Brain brain, CoordinatorMessage.Work work)
    {
        var endless = work.Parameters with { IgnoreEndOfSequence = true, LogitBias = [new LogitBias(End, -100)] };
        return Of(work, brain.Answer(work.Prompt, endless).Positions.Select(Without), FinishReason.Length);
    }

    private static PositionEvidence Without(PositionEvidence p) =>
        p.Entries.Count > 1 && p.Entries.Any(e => e.Token == End) ? p with { Entries = [.. p.Entries.Where(e => e.Token != End)] } : p;

    /// <summary>P7.5's pre-fill attack: the cheap model writes, the honest model makes the evidence, and candidates that beat the claimed token are left out.</summary>
    public static Transcript Prefill(Brain cheap, Brain honest, CoordinatorMessage.Work work)
    {
        var tokens = cheap.Answer(work.Prompt, work.Parameters).Output.ToArray();
        var sampler = new Sampler();
        var state = new SamplingState(work.Parameters, work.Prompt);
        var prefix = honest.Prefix(work.Prompt);
        var logits = new float[Brain.Vocabulary];
        var positions = new List<PositionEvidence>();
        foreach (var token in tokens)
        {
            honest.Logits(prefix, logits);
            var entries = sampler.Choose(logits, state).Entries.SkipWhile(e => e.Token != token).ToArray();
            positions.Add(new PositionEvidence(entries.Length > 0 ? entries : [new EvidenceEntry(token, 4096)]));
            state.Accept(token);
            prefix = Brain.Extend(prefix, token);
        }

        var ends = tokens[^1] == End && !work.Parameters.IgnoreEndOfSequence;
        return Of(work, positions, ends ? FinishReason.EndOfSequence : FinishReason.Length);
    }
}
