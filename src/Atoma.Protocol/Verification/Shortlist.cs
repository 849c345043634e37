using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>A token as the sampler ranks it.</summary>
/// <param name="Value">Higher is better; ties go to the lower id.</param>
/// <param name="Token">Token id.</param>
/// <param name="Quanta">Its quantised log-probability.</param>
internal readonly record struct Ranked(double Value, int Token, ushort Quanta) : IComparable<Ranked>
{
    public int CompareTo(Ranked other) => SamplerMath.Order(Value, Token, other.Value, other.Token);
}

/// <summary>Keeps the best of many: fills up, then is cut back to the best, from which on worse ones are not taken.</summary>
internal sealed class Shortlist
{
    private const int Spare = 4;

    private readonly Ranked[] _items = new Ranked[VerificationLimits.Candidates * 2 * Spare];
    private int _limit;
    private int _count;

    private Ranked? _worst;

    public bool IsEmpty => _count == 0;

    /// <param name="limit">How many are wanted.</param>
    public void Clear(int limit)
    {
        Invariant.Assert(limit > 0 && limit * Spare <= _items.Length);
        _limit = limit;
        _count = 0;
        _worst = null;
    }

    public void Add(double value, int token, ushort quanta)
    {
        var item = new Ranked(value, token, quanta);
        if (_worst is { } worst && (value < worst.Value || item.CompareTo(worst) > 0))
            return;
        _items[_count++] = item;
        if (_count == _limit * Spare)
            Cut();
    }

    /// <summary>The best, best first.</summary>
    public ReadOnlySpan<Ranked> Best()
    {
        Cut();
        return _items.AsSpan(0, _count);
    }

    private void Cut()
    {
        _items.AsSpan(0, _count).Sort();
        _count = Math.Min(_count, _limit);
        if (_count == _limit)
            _worst = _items[_count - 1];
    }
}
