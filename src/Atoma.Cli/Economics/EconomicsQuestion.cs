using Atoma.Protocol.Integrity;

namespace Atoma.Cli.Economics;

/// <summary>What is asked of the economics of P6, in units of the cost C of computing one answer.</summary>
/// <param name="Parameters">R, S, r, N, W₁ and W₂.</param>
/// <param name="CheckCost">v: cost of one check, as a fraction of an answer's.</param>
/// <param name="Budget">b: what audits may cost, as a fraction of the answers' price.</param>
/// <param name="Nodes">Nodes that can be drawn, for the table of levels.</param>
public sealed record EconomicsQuestion(EconomicParameters Parameters, double CheckCost, double Budget, int Nodes)
{
    /// <summary>A check cheaper than a millionth of an answer would let any budget audit everything.</summary>
    public const double CheckCostMin = 1e-6;

    /// <summary>As <see cref="PriceTerms.CheckPermilleMax"/>: a check that costs a hundred answers is no check.</summary>
    public const double CheckCostMax = PriceTerms.CheckPermilleMax / 1000.0;

    /// <summary>Every checker of every answer at the highest cost of a check.</summary>
    public const double BudgetMax = CheckCostMax * IntegrityLevel.CheckersMax;

    /// <summary>More nodes change no probability that is printed.</summary>
    public const int NodesMax = 100_000;

    /// <summary>p that the budget pays for.</summary>
    public double AuditProbability => Protocol.Integrity.Economics.AuditProbability(Budget, Parameters.Checkers, CheckCost);

    /// <summary>All problems at once; empty when every number is in its range.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [.. Parameters.Problems()];
        if (!(CheckCost is >= CheckCostMin and <= CheckCostMax))
            problems.Add($"The cost of a check v is {CheckCost} answers; it must be {CheckCostMin} to {CheckCostMax}.");
        if (!(Budget is >= 0 and <= BudgetMax))
            problems.Add($"The budget b is {Budget} of the price; it must be 0 to {BudgetMax}.");
        if (Nodes is < 1 or > NodesMax)
            problems.Add($"The number of nodes is {Nodes}; it must be 1 to {NodesMax}.");
        return problems;
    }
}
