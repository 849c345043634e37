namespace Atoma.Protocol.Verification;

/// <summary>What a checker of another echelon sees at one output position (P7.4).</summary>
/// <param name="Margin">Nats by which the checker's own best candidate under the same seed beats the claimed token; 0 where they are the
/// same. Scores are taken times the temperature, so that the margin is in the units of the logits that numerics disturb. 0 to
/// <see cref="StatisticalLimits.MarginNats"/>.</param>
/// <param name="Distance">Mean difference of claimed and own ln p over the claimed evidence entries, nats, 0 to
/// <see cref="StatisticalLimits.DistanceNats"/>.</param>
public readonly record struct PositionObservation(double Margin, double Distance);

/// <summary>All of one answer.</summary>
/// <param name="Fault">What no difference in arithmetic explains: another prompt, a false end, a token outside the vocabulary. Null when there is none.</param>
/// <param name="Positions">One for each output position up to the fault.</param>
public sealed record AnswerObservation(CheckOutcome? Fault, IReadOnlyList<PositionObservation> Positions);
