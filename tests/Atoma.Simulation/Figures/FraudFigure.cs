using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Checks;
using Atoma.Simulation.Nodes;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Figures;

/// <summary>One level against one adversary share, measured.</summary>
/// <param name="Level">Level.</param>
/// <param name="Share">r.</param>
/// <param name="Requests">Requests played.</param>
/// <param name="Formula"><see cref="Assurance.UndetectedFraud"/>.</param>
/// <param name="Fooled">The first committee was fooled: what the formula is about.</param>
/// <param name="Delivered">A wrong answer was delivered and paid, counting every replacement and resolver that came after.</param>
/// <param name="Unpunished">Delivered, and nobody was convicted of it when every assembly was over.</param>
internal sealed record FraudPoint(string Level, double Share, int Requests, double Formula, Rate Fooled, Rate Delivered, Rate Unpunished);

/// <summary>How often a colluding gang gets a wrong answer past each level, in the whole protocol (P4).</summary>
internal static class FraudFigure
{
    /// <summary>Thirty nodes: hypergeometric and binomial differ visibly.</summary>
    private const int Nodes = 30;

    /// <summary>p of L1 in this figure.</summary>
    private const int AuditPpm = 250_000;

    private static readonly string[] Levels = ["sampled", "checked", "checked:3", "checked:5", "replicated:2", "replicated:3"];
    private static readonly double[] Shares = [0.1, 1.0 / 3, 0.5];

    public static IReadOnlyList<FraudPoint> Measure(int requests) =>
        [.. Levels.SelectMany(level => Shares.Select(share => Measure(level, share, requests)))];

    private static FraudPoint Measure(string level, double share, int requests)
    {
        var scenario = new Scenario($"figure/{level}/{share:F3}", "")
        {
            NodesMin = Nodes, NodesMax = Nodes, RequestsMin = 1, RequestsMax = 1, Levels = [level], AdversaryShare = share, AdversaryShareMax = share,
            Adversary = (_, gang) => new Colluder(gang, frames: false), Cancels = 0, Disputes = 0, AuditPpm = AuditPpm, AuditCheckers = 1,
        };
        var isLevel = IntegrityLevel.TryParse(level, out var parsed);
        Invariant.Assert(isLevel);
        var formula = Assurance.UndetectedFraud(parsed, Nodes, share, new PriceTerms(100, 25, AuditPpm, 1));
        var outcomes = Enumerable.Range(1, requests).AsParallel().Select(seed => Play(scenario, (ulong)seed)).ToArray();
        return new FraudPoint(level, share, requests, formula, Rate.Of(outcomes.Count(o => o.Fooled), requests),
            Rate.Of(outcomes.Count(o => o.Delivered), requests), Rate.Of(outcomes.Count(o => o.Unpunished), requests));
    }

    private static (bool Fooled, bool Delivered, bool Unpunished) Play(Scenario scenario, ulong seed)
    {
        var world = new SimWorld(scenario, seed);
        world.Run();
        var story = world.Auditor.Stories.First(s => s.Spec.Review is null);
        var state = story.Receipt!.Receipt.State;
        var isDelivered = world.Auditor.Tally.Undetected + world.Auditor.Tally.SampledWrong > 0;
        var isPunished = world.Auditor.Stories.SelectMany(s => s.Receipt!.Receipt.State.Convictions)
            .Any(c => state.Answer is not null && state.Participants.Exists(p => p.Node == c.Node && p.Generates && p.Digest == state.Answer.Digest()));
        return (IsFooled(world, state), isDelivered, isDelivered && !isPunished);
    }

    /// <summary>Of the nodes drawn first: generators the adversary's, and a quorum of their checkers too.</summary>
    private static bool IsFooled(SimWorld world, RequestState state)
    {
        var level = state.Spec.Integrity;
        var first = state.Participants.Where(p => p.Generates).Take(level.Generators).ToArray();
        if (first.Any(p => world.Node(p.Node).Conduct.IsHonest))
            return false;
        if (level.Kind == IntegrityKind.Replicated)
            return true;
        if (level.Kind == IntegrityKind.Sampled && !Audit.IsDue(state.Audit!.Value, state.Spec.Id, AuditPpm))
            return true;
        var checkers = state.Participants.Where(p => p.Purpose == DrawPurpose.Checker).Take(state.Spec.Checkers);
        return checkers.Count(p => !world.Node(p.Node).Conduct.IsHonest) >= state.Spec.Quorum;
    }
}
