using System.Numerics;
using System.Runtime.InteropServices;

namespace Atoma.Benchmarks.Engine;

/// <summary>Counts where rows of logits differ from the expected ones, as bits.</summary>
internal sealed class BitDifferences
{
    public long Rows { get; private set; }

    public long DifferingRows { get; private set; }

    public long DifferingBits { get; private set; }

    /// <summary>Largest difference of two logits.</summary>
    public double Largest { get; private set; }

    public void Compare(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Rows++;
        var left = MemoryMarshal.Cast<float, uint>(expected);
        var right = MemoryMarshal.Cast<float, uint>(actual);
        if (left.SequenceEqual(right))
            return;
        DifferingRows++;
        for (var i = 0; i < left.Length; i++)
        {
            DifferingBits += BitOperations.PopCount(left[i] ^ right[i]);
            Largest = Math.Max(Largest, Math.Abs((double)expected[i] - actual[i]));
        }
    }

    public void Add(BitDifferences other)
    {
        Rows += other.Rows;
        DifferingRows += other.DifferingRows;
        DifferingBits += other.DifferingBits;
        Largest = Math.Max(Largest, other.Largest);
    }
}
