using System.Text;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Inference.Engine;

/// <summary>
/// When an answer ends, as generator and checker both apply it, first match wins: an end-of-generation token, a stop
/// token, a stop text in the text so far (compared as UTF-8, across token borders), a grammar that lets nothing follow, max_tokens.
/// </summary>
internal sealed class FinishRule
{
    private readonly SamplingParameters _parameters;
    private readonly IReadOnlySet<int> _endOfGeneration;
    private readonly ITokenizer _tokenizer;
    private readonly GrammarConstraint? _grammar;
    private readonly byte[][] _stops;
    private readonly int _tailMax;
    private readonly List<byte> _tail = [];
    private int _count;

    /// <param name="parameters">Within their ranges.</param>
    /// <param name="endOfGeneration">The model's tokens that end an answer.</param>
    /// <param name="tokenizer">For stop texts.</param>
    /// <param name="grammar">The sampling state's, which takes each token before this does; null without one.</param>
    public FinishRule(SamplingParameters parameters, IReadOnlySet<int> endOfGeneration, ITokenizer tokenizer, GrammarConstraint? grammar = null)
    {
        _parameters = parameters;
        _endOfGeneration = endOfGeneration;
        _tokenizer = tokenizer;
        _grammar = grammar;
        _stops = [.. parameters.Stop.Select(Encoding.UTF8.GetBytes)];
        _tailMax = _stops.Length == 0 ? 0 : _stops.Max(s => s.Length) - 1;
    }

    /// <summary>Takes the next output token; null while the answer goes on.</summary>
    public FinishReason? Next(int token)
    {
        _count++;
        if (!_parameters.IgnoreEndOfSequence && _endOfGeneration.Contains(token))
            return FinishReason.EndOfSequence;
        if (_parameters.StopTokens.Contains(token))
            return FinishReason.StopToken;
        if (CompletesStop(token))
            return FinishReason.StopText;
        if (_grammar is { IsOver: true })
            return FinishReason.GrammarEnd;
        return _count >= _parameters.MaxTokens ? FinishReason.Length : null;
    }

    private bool CompletesStop(int token)
    {
        if (_stops.Length == 0)
            return false;
        _tail.AddRange(_tokenizer.TokenBytes(token));
        var text = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tail);
        foreach (var stop in _stops)
        {
            if (text.IndexOf(stop) >= 0)
                return true;
        }

        if (_tail.Count > _tailMax)
            _tail.RemoveRange(0, _tail.Count - _tailMax);
        return false;
    }
}
