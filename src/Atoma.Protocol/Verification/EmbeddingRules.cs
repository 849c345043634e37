namespace Atoma.Protocol.Verification;

/// <summary>Stage 1 of embeddings (P7.3): what can be said of them without the model. First match wins.</summary>
public static class EmbeddingRules
{
    /// <summary>Null when each input has a vector of the right length, else the first vector at fault and why.</summary>
    /// <param name="transcript">Of a task that asks for embeddings.</param>
    /// <param name="length">Values of one vector of the model.</param>
    public static Fault? Replay(Transcript transcript, int length)
    {
        if (transcript.Chunks.Count > 0 || transcript.Finish != FinishReason.Length)
            return new Fault(0, "has an output where embeddings were asked for");
        var wanted = transcript.Parameters.InputLengths.Count;
        if (transcript.Vectors.Count != wanted)
            return new Fault(Math.Min(transcript.Vectors.Count, wanted), $"has {transcript.Vectors.Count} vectors for {wanted} inputs");
        for (var i = 0; i < wanted; i++)
        {
            if (Problem(transcript.Vectors[i].Values, length) is { } problem)
                return new Fault(i, problem);
        }

        return null;
    }

    private static string? Problem(IReadOnlyList<float> values, int length)
    {
        if (values.Count != length)
            return $"has a vector of {values.Count} values; the model's have {length}";
        var squares = 0.0;
        foreach (var value in values)
            squares += (double)value * value;
        // Also false when a value is not finite.
        return Math.Abs(squares - 1) <= VerificationLimits.EmbeddingNormTolerance ? null : "has a vector whose length is not 1";
    }
}
