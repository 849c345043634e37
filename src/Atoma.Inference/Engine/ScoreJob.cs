using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>
/// A prompt being scored: the row after each token gives the probability of the next. The last token is not fed; whoever goes on
/// generating finds all before it in this job's sequence. The engine thread alone advances it.
/// </summary>
/// <param name="task">Of at least two tokens.</param>
internal sealed class ScoreJob(GenerationTask task) : PrefillJob<IReadOnlyList<PositionEvidence>>(task.Flow)
{
    private readonly List<PositionEvidence> _scores = new(task.Prompt.Count - 1);

    public override int[] Tokens { get; } = [.. task.Prompt.SkipLast(1)];

    /// <summary>Every row is wanted, so no prefix that a sequence still holds is reused.</summary>
    public override int FirstRow => 0;

    public override bool WantsHidden => false;

    public override bool Take(Sampler sampler, ReadOnlySpan<float> row)
    {
        if (!LogitRows.IsUsable(row))
        {
            Fail(EngineRefusal.EngineFault, LogitRows.Unusable);
            return true;
        }

        _scores.Add(sampler.Score(row, task.Prompt[_scores.Count + 1], task.Parameters.TopLogprobs));
        if (_scores.Count < Tokens.Length)
            return false;
        Complete(_scores);
        return true;
    }
}
