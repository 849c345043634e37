using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Sampling;

namespace Atoma.Protocol.Integrity;

/// <summary>What a request pays beyond its nodes' own prices.</summary>
/// <param name="CheckPermille">v: price of one check relative to the answer, measured per echelon (P4, P6.4).</param>
/// <param name="FeePermille">The network's share of every payment to a node.</param>
/// <param name="AuditPpm">p: probability that a sampled answer is audited, in millionths (P6.1).</param>
/// <param name="AuditCheckers">k: checkers of one audit.</param>
public readonly record struct PriceTerms(int CheckPermille, int FeePermille, int AuditPpm = 0, int AuditCheckers = 1)
{
    /// <summary>A check that computes everything again. Nobody is paid more for one.</summary>
    public const int RecomputePermille = 1000;

    /// <summary>A check that costs a hundred answers is no check.</summary>
    public const int CheckPermilleMax = 100_000;

    /// <summary>
    /// Tokens charged as input: those of a scored prompt twice, since each also takes a row of logits and a pass over the
    /// vocabulary. With that a node earns more than scoring costs it (R ≥ C, P6.1) for any model measured; docs/engine.md has the figures.
    /// </summary>
    public static int InputTokens(SamplingParameters asked, int promptTokens) => asked.ScorePrompt ? checked(2 * promptTokens) : promptTokens;

    /// <summary>The price of one node's answer: input and output at its prices, each rounded up (P2.6).</summary>
    public static Micros Answer(EligibleNode node, int inputTokens, int outputTokens) =>
        node.InputPrice.ForTokensCeiling(inputTokens) + node.OutputPrice.ForTokensCeiling(outputTokens);

    /// <summary>The price of one check of an answer.</summary>
    public Micros Check(Micros answer) => answer.PermilleCeiling(CheckPermille);

    /// <summary>What a sampled answer pays for audits, its own or another's: p·k·v of its price (P4).</summary>
    public Micros AuditFee(Micros answer) => answer.BillionthsCeiling((long)AuditPpm * AuditCheckers * CheckPermille);

    /// <summary>The most a request can cost: the dearest eligible node's price for the full output, at this level (P5.1).</summary>
    public Micros UpperBound(IntegrityLevel level, IEnumerable<EligibleNode> eligible, int inputTokens, int maxTokens) =>
        Parts(level, eligible.Select(n => Answer(n, inputTokens, maxTokens)).Aggregate(Micros.Zero, Micros.Max)).Sum;

    /// <summary>What a level costs, by what it is paid for.</summary>
    /// <param name="level">Level of the request.</param>
    /// <param name="answer">Price of one node's answer.</param>
    public PriceParts Parts(IntegrityLevel level, Micros answer) =>
        new(answer * level.Generators, Check(answer) * level.Checkers, level.Kind == IntegrityKind.Sampled ? AuditFee(answer) : Micros.Zero);
}

/// <summary>A request's price (P4's last column).</summary>
/// <param name="Answer">All generators.</param>
/// <param name="Checks">All checkers drawn for this answer.</param>
/// <param name="Audits">A sampled answer's share in the audits of all.</param>
public readonly record struct PriceParts(Micros Answer, Micros Checks, Micros Audits)
{
    public Micros Sum => Answer + Checks + Audits;
}
