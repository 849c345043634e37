using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification.Grammar;

/// <summary>
/// Which tokens a grammar lets follow, as one answer grows. A token fits when its bytes do, one after another; a character may
/// be split between tokens. End-of-generation tokens fit where the text may end. For one answer, on one thread.
/// </summary>
public sealed class GrammarConstraint
{
    private readonly GrammarVocabulary _vocabulary;
    private readonly GrammarStates _states;
    private readonly int[] _path;
    private int _state;

    /// <exception cref="GrammarException">No token fits the start, or the start is too ambiguous.</exception>
    public GrammarConstraint(GrammarProgram program, GrammarVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _states = new GrammarStates(program);
        _state = _states.Start;
        _path = new int[vocabulary.Depth + 1];
        IsOver = !AnyFits();
        if (IsOver)
            throw new GrammarException(GrammarError.NoTokenFits, "No token of this model's vocabulary can begin a text of the grammar.");
    }

    /// <summary>Tokens of the vocabulary that it knows.</summary>
    public int VocabularySize => _vocabulary.Size;

    /// <summary>No token with a text fits any more: the answer is complete.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the text may end here.</summary>
    public bool MayEnd => _states.MayEnd(_state);

    /// <exception cref="GrammarException">Too many steps for one token.</exception>
    public bool Fits(int token)
    {
        var text = _vocabulary.BytesOf(token);
        if (text.Length == 0)
            return MayEnd && _vocabulary.EndOfGeneration.Contains(token);
        var state = _state;
        foreach (var value in text)
        {
            state = _states.Next(state, value);
            if (state == GrammarStates.None)
                return false;
        }

        return true;
    }

    /// <summary>Adds every token that fits, in no order.</summary>
    /// <exception cref="GrammarException">Too many steps for one token.</exception>
    public void AddFitting(List<int> tokens)
    {
        if (MayEnd)
            tokens.AddRange(_vocabulary.EndOfGeneration);
        Walk(tokens);
    }

    /// <summary>The token was chosen; it fits.</summary>
    /// <exception cref="GrammarException">Too many steps for one token.</exception>
    public void Accept(int token)
    {
        foreach (var value in _vocabulary.BytesOf(token))
        {
            _state = _states.Next(_state, value);
            Invariant.Assert(_state != GrammarStates.None);
        }

        _state = _states.Renew(_state);
        IsOver = !AnyFits();
    }

    private bool AnyFits() => Walk(null);

    /// <summary>Goes over the vocabulary's tree, past what does not fit; without a list only to the first token that does.</summary>
    private bool Walk(List<int>? fitting)
    {
        var nodes = _vocabulary.Nodes;
        _path[0] = _state;
        for (var i = 0; i < nodes.Length;)
        {
            ref readonly var node = ref nodes[i];
            var state = _states.Next(_path[node.Depth - 1], node.Value);
            if (state == GrammarStates.None)
            {
                i = node.Next;
                continue;
            }

            _path[node.Depth] = state;
            if (node.TokenCount > 0)
            {
                if (fitting is null)
                    return true;
                fitting.AddRange(_vocabulary.TokensOf(node));
            }

            i++;
        }

        return false;
    }
}
