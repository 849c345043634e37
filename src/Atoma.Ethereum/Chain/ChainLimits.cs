namespace Atoma.Ethereum.Chain;

/// <summary>Bounds of what is asked of a chain's endpoint.</summary>
public static class ChainLimits
{
    /// <summary>Blocks of one log query: public endpoints refuse a few thousand.</summary>
    public const int LogBlocksMax = 1_000;

    /// <summary>Endpoints that are asked of everything: each costs its share of every question.</summary>
    public const int EndpointsMax = 5;

    /// <summary>Times that endpoints are asked again before a contradiction counts: they see a reorganisation seconds apart.</summary>
    public const int AgreementAttemptsMax = 6;
}
