using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>One embedding, of Euclidean length 1. Equal when all bits are.</summary>
/// <param name="Values">Binary32, as many as the model is wide.</param>
public sealed record EmbeddingVector(IReadOnlyList<float> Values)
{
    /// <summary>
    /// The vector of length 1 that points where a sum of rows does, by IEEE-754 operations in a fixed order: squares added one
    /// after the other in binary64, one root, each value divided by it and rounded to binary32.
    /// </summary>
    /// <returns>Null when the sum is zero or not finite.</returns>
    public static EmbeddingVector? Normalised(ReadOnlySpan<double> sum)
    {
        var squares = 0.0;
        foreach (var value in sum)
            squares += value * value;
        var length = Math.Sqrt(squares);
        if (!double.IsNormal(length))
            return null;
        var values = new float[sum.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(sum[i] / length);
        return new EmbeddingVector(values);
    }

    /// <summary>Cosine of the angle between two embeddings of one model, −1 to 1 but for rounding.</summary>
    public static double Cosine(IReadOnlyList<float> left, IReadOnlyList<float> right)
    {
        Invariant.Assert(left.Count == right.Count);
        var sum = 0.0;
        for (var i = 0; i < left.Count; i++)
            sum += (double)left[i] * right[i];
        return sum;
    }

    public bool Equals(EmbeddingVector? other) => other is not null && Bits(this).SequenceEqual(Bits(other));

    public override int GetHashCode() => HashCode.Combine(Values.Count, Values.Count > 0 ? BitConverter.SingleToInt32Bits(Values[0]) : 0);

    public void Write(CanonicalWriter writer)
    {
        writer.Count(Values.Count);
        foreach (var bits in Bits(this))
            writer.Int32(bits);
    }

    /// <param name="reader">Stands at a vector.</param>
    /// <param name="most">Values at most.</param>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static EmbeddingVector Read(ref CanonicalReader reader, int most)
    {
        var count = reader.Count(most);
        if (count > reader.Remaining / sizeof(float))
            throw new CanonicalFormatException("The data ends too early.");
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = BitConverter.Int32BitsToSingle(reader.Int32());
        return new EmbeddingVector(values);
    }

    private static IEnumerable<int> Bits(EmbeddingVector vector) => vector.Values.Select(BitConverter.SingleToInt32Bits);
}
