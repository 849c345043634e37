using Atoma.Protocol.Common;

namespace Atoma.Protocol.Sampling;

/// <summary>The audit test of L1 (P3.5).</summary>
public static class Audit
{
    /// <summary>Parts of a certain audit: p is given in millionths, so that every platform decides alike.</summary>
    public const int Certain = 1_000_000;

    /// <summary>Audited iff u &lt; p, u uniform in [0, 1) from the beacon step revealed after the commitment.</summary>
    /// <param name="beacon">A step revealed after the primary committed (P3.4).</param>
    /// <param name="request">Request id.</param>
    /// <param name="probabilityPpm">p in millionths, 0 to <see cref="Certain"/>.</param>
    public static bool IsDue(BeaconReveal beacon, Hash32 request, int probabilityPpm)
    {
        var u = Prf.Derive("atoma/audit/1", beacon.Value.ToArray(), request.ToArray()).High64;
        return (UInt128)u * Certain < (UInt128)(uint)probabilityPpm << 64;
    }
}
