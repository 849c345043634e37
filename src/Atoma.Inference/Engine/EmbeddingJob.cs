using Atoma.Inference.Gguf;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>
/// One input being embedded. Rows are added in the order of their tokens in binary64, so that chunks, filling and what else is
/// computed have no part in the result. The engine thread alone advances it.
/// </summary>
/// <param name="tokens">At least one.</param>
/// <param name="flow">Whose it is, for the queue.</param>
/// <param name="length">Values of a row.</param>
/// <param name="pooling">Mean or last.</param>
internal sealed class EmbeddingJob(int[] tokens, ulong flow, int length, GgufPooling pooling) : PrefillJob<EmbeddingVector>(flow)
{
    private readonly double[] _sum = new double[length];
    private int _taken;

    public override int[] Tokens => tokens;

    public override int FirstRow => 0;

    public override bool WantsHidden => true;

    public override bool Take(Sampler sampler, ReadOnlySpan<float> row)
    {
        _taken++;
        if (pooling == GgufPooling.Mean || _taken == tokens.Length)
        {
            for (var i = 0; i < _sum.Length; i++)
                _sum[i] += row[i];
        }

        if (_taken < tokens.Length)
            return false;
        // The mean is the sum's direction: to divide by the count would only round once more.
        if (EmbeddingVector.Normalised(_sum) is { } vector)
            Complete(vector);
        else
            Fail(EngineRefusal.EngineFault, "The model's embedding of this input is zero or not finite.");
        return true;
    }
}
