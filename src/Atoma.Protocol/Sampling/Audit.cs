using Atoma.Protocol.Common;

namespace Atoma.Protocol.Sampling;

/// <summary>The audit test of L1 (P3.5).</summary>
public static class Audit
{
    /// <summary>Audited iff u &lt; p, u uniform in [0, 1) from the beacon step revealed after the commitment.</summary>
    /// <param name="beacon">A step revealed after the primary committed (P3.4).</param>
    /// <param name="request">Request id.</param>
    /// <param name="probability">p, 0 to 1.</param>
    public static bool IsDue(BeaconReveal beacon, Hash32 request, double probability)
    {
        var u = (Prf.Derive("atoma/audit/1", beacon.Value.ToArray(), request.ToArray()).High64 >> 11) * (1.0 / (1UL << 53));
        return u < probability;
    }
}
