using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Simulation.Model;

/// <summary>Remembers answers and checks: every node of an echelon computes the same, so one computation serves all.</summary>
internal sealed class Answers
{
    private readonly Dictionary<(Brain, Hash32, int?), Transcript> _answers = [];
    private readonly Dictionary<(Brain, Hash32), CheckOutcome> _checks = [];

    public Transcript Of(Brain brain, Hash32 request, IReadOnlyList<int> prompt, SamplingParameters parameters, int? cancelAt = null)
    {
        if (!_answers.TryGetValue((brain, request, cancelAt), out var answer))
            _answers[(brain, request, cancelAt)] = answer = brain.Answer(prompt, parameters, cancelAt);
        return answer;
    }

    /// <summary>What an honest node of this echelon answers.</summary>
    public Transcript Right(Brain brain, RequestSpec spec, int? cancelAt) => Of(brain, spec.Id, spec.Prompt, spec.Parameters, cancelAt);

    public CheckOutcome Check(Brain brain, Transcript claimed, Hash32 digest)
    {
        if (!_checks.TryGetValue((brain, digest), out var outcome))
            _checks[(brain, digest)] = outcome = brain.Check(claimed);
        return outcome;
    }
}
