namespace Atoma.Inference.Engine;

/// <summary>What the sampler may be given.</summary>
internal static class LogitRows
{
    /// <summary>Whether a row has a finite value and neither NaN nor +∞: a broken model fails its own sequence, not the engine.</summary>
    public static bool IsUsable(ReadOnlySpan<float> logits)
    {
        var finite = false;
        foreach (var logit in logits)
        {
            if (!(logit < float.PositiveInfinity))
                return false;
            finite |= logit > float.NegativeInfinity;
        }

        return finite;
    }
}
