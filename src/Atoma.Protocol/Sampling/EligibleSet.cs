using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;

namespace Atoma.Protocol.Sampling;

/// <summary>Which nodes a request's draws are made from (P3.1).</summary>
public static class EligibleSet
{
    /// <summary>
    /// Nodes of one echelon, so that checks are exact (P7.4): the given one, or the largest (ties to the lowest id).
    /// </summary>
    public static IReadOnlyList<EligibleNode> OfOneEchelon(IEnumerable<EligibleNode> nodes, Hash32? echelon)
    {
        var groups = nodes.GroupBy(n => n.Echelon).ToArray();
        var chosen = echelon ?? groups.OrderByDescending(g => g.Count()).ThenBy(g => g.Key).FirstOrDefault()?.Key;
        return [.. groups.Where(g => g.Key == chosen).SelectMany(g => g)];
    }

    /// <summary>Nodes a level needs at the least: its generators and checkers are distinct (P3.3).</summary>
    public static int Needed(IntegrityLevel level, int auditCheckers) =>
        level.Generators + (level.Kind == IntegrityKind.Sampled ? auditCheckers : level.Checkers);
}
