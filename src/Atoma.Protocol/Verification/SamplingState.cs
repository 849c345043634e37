using System.Runtime.InteropServices;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Protocol.Verification;

/// <summary>
/// What sampling the next token of one answer depends on besides the logits: the parameters, the tokens so far, and where in
/// its grammar the answer is. Generator, checker and replay each grow their own. Not thread-safe.
/// </summary>
public sealed class SamplingState
{
    /// <param name="Bias">Nats.</param>
    /// <param name="Count">Occurrences in the output.</param>
    /// <param name="Recent">Occurrences in the repetition window.</param>
    private record struct Adjustment(double Bias, int Count, int Recent);

    private readonly Dictionary<int, Adjustment> _adjustments = [];
    private readonly List<int> _touched = [];
    private readonly Queue<int>? _window;
    private readonly bool _counts;

    /// <param name="parameters">Within their ranges.</param>
    /// <param name="prompt">The repetition penalty looks back into it.</param>
    /// <param name="grammar">At its start; null when the parameters have none, and for a replay, which has no vocabulary.</param>
    public SamplingState(SamplingParameters parameters, IReadOnlyList<int> prompt, GrammarConstraint? grammar = null)
    {
        Parameters = parameters;
        Grammar = grammar;
        _counts = parameters.PresencePenalty != 0 || parameters.FrequencyPenalty != 0;
        foreach (var bias in parameters.LogitBias)
            Touch(bias.Token).Bias = bias.Bias;
        if (parameters is { RepetitionPenalty: 1 } or { RepetitionWindow: 0 })
            return;
        _window = new Queue<int>();
        for (var i = Math.Max(0, prompt.Count - parameters.RepetitionWindow); i < prompt.Count; i++)
            Remember(_window, prompt[i]);
    }

    public SamplingParameters Parameters { get; }

    /// <summary>Null when the answer is free.</summary>
    public GrammarConstraint? Grammar { get; }

    /// <summary>Index of the token to choose in the output, from 0.</summary>
    public int Position { get; private set; }

    /// <summary>Tokens that bias or penalties may change, in no order; every other token ranks by its own probability.</summary>
    internal ReadOnlySpan<int> Touched => CollectionsMarshal.AsSpan(_touched);

    /// <summary>The token was chosen.</summary>
    /// <exception cref="GrammarException">The grammar needs too many steps to read it.</exception>
    public void Accept(int token)
    {
        Position++;
        if (_counts)
            Touch(token).Count++;
        if (_window is not null)
            Remember(_window, token);
        Grammar?.Accept(token);
    }

    internal bool IsTouched(int token) => _touched.Count > 0 && _adjustments.ContainsKey(token);

    /// <summary>ln p after repetition penalty, bias, and presence and frequency penalties, in this order.</summary>
    internal double Adjust(int token, ushort quanta)
    {
        var adjusted = -(double)quanta / VerificationLimits.QuantaPerNat;
        if (_touched.Count == 0 || !_adjustments.TryGetValue(token, out var adjustment))
            return adjusted;
        if (adjustment.Recent > 0)
            adjusted *= Parameters.RepetitionPenalty;
        adjusted += adjustment.Bias;
        if (adjustment.Count > 0)
            adjusted -= Parameters.PresencePenalty + Parameters.FrequencyPenalty * adjustment.Count;
        return adjusted;
    }

    private void Remember(Queue<int> window, int token)
    {
        window.Enqueue(token);
        Touch(token).Recent++;
        if (window.Count > Parameters.RepetitionWindow)
            Touch(window.Dequeue()).Recent--;
    }

    private ref Adjustment Touch(int token)
    {
        ref var adjustment = ref CollectionsMarshal.GetValueRefOrAddDefault(_adjustments, token, out var known);
        if (!known)
            _touched.Add(token);
        return ref adjustment;
    }
}
