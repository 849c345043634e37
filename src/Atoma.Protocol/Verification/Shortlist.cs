using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>A token as the sampler ranks it: the higher value first, ties to the lower id.</summary>
internal readonly record struct Ranked : IComparable<Ranked>
{
    private const ulong SignBit = 1UL << 63;

    /// <summary>The value as a number that falls where the value rises: a comparison of integers orders it.</summary>
    private readonly ulong _key;

    public Ranked(double value, int token, ushort quanta)
    {
        _key = KeyOf(value);
        Token = token;
        Quanta = quanta;
    }

    public int Token { get; }

    /// <summary>Its quantised log-probability.</summary>
    public ushort Quanta { get; }

    public double Value
    {
        get
        {
            var rising = ~_key;
            return BitConverter.UInt64BitsToDouble((rising & SignBit) != 0 ? rising ^ SignBit : ~rising);
        }
    }

    /// <summary>Before the other.</summary>
    public bool IsBetterThan(Ranked other) => _key != other._key ? _key < other._key : Token < other.Token;

    public int CompareTo(Ranked other) => _key != other._key ? (_key < other._key ? -1 : 1) : Token.CompareTo(other.Token);

    private static ulong KeyOf(double value)
    {
        // Adding +0 makes −0 the same number.
        var bits = BitConverter.DoubleToUInt64Bits(value + 0.0);
        return ~((bits & SignBit) != 0 ? ~bits : bits | SignBit);
    }
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
        if (_worst is { } worst && !item.IsBetterThan(worst))
            return;
        _items[_count++] = item;
        if (_count == _limit * Spare)
            Cut();
    }

    /// <summary>The best, best first.</summary>
    public ReadOnlySpan<Ranked> Best()
    {
        Cut();
        _items.AsSpan(0, _count).Sort();
        return _items.AsSpan(0, _count);
    }

    /// <summary>Leaves the best, in no order.</summary>
    private void Cut()
    {
        if (_count < _limit)
            return;
        Select(_items.AsSpan(0, _count), _limit - 1);
        _count = _limit;
        _worst = _items[_limit - 1];
    }

    /// <summary>Puts the item of a rank, from 0, to its place: better ones before it, others after it.</summary>
    private static void Select(Span<Ranked> items, int rank)
    {
        var (from, to) = (0, items.Length - 1);
        while (from < to)
        {
            var pivot = items[from + (to - from) / 2];
            var (left, right) = (from, to);
            while (left <= right)
            {
                while (items[left].IsBetterThan(pivot))
                    left++;
                while (pivot.IsBetterThan(items[right]))
                    right--;
                if (left <= right)
                {
                    (items[left], items[right]) = (items[right], items[left]);
                    left++;
                    right--;
                }
            }

            if (rank <= right)
                to = right;
            else if (rank >= left)
                from = left;
            else
                return;
        }
    }
}
