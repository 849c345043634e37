namespace Atoma.Protocol.Common;

/// <summary>
/// An amount of money in micro-units, the smallest there is (1,000,000 = one unit of the network's currency).
/// P11: integers, checked arithmetic; what does not fit throws <see cref="OverflowException"/>.
/// </summary>
public readonly record struct Micros(long Value) : IComparable<Micros>
{
    public static Micros Zero => default;

    public bool IsPositive => Value > 0;

    public static Micros operator +(Micros left, Micros right) => new(checked(left.Value + right.Value));

    public static Micros operator -(Micros left, Micros right) => new(checked(left.Value - right.Value));

    public static Micros operator -(Micros value) => new(checked(-value.Value));

    public static Micros operator *(Micros amount, int times) => new(checked(amount.Value * times));

    public static bool operator <(Micros left, Micros right) => left.Value < right.Value;

    public static bool operator >(Micros left, Micros right) => left.Value > right.Value;

    public static bool operator <=(Micros left, Micros right) => left.Value <= right.Value;

    public static bool operator >=(Micros left, Micros right) => left.Value >= right.Value;

    public int CompareTo(Micros other) => Value.CompareTo(other.Value);

    /// <summary>amount × permille / 1000, rounded down (towards zero for what is ≥ 0).</summary>
    public Micros PermilleFloor(int permille)
    {
        Invariant.Assert(Value >= 0);
        Invariant.Assert(permille >= 0);
        return new Micros(checked((long)((Int128)Value * permille / 1000)));
    }

    /// <summary>amount × permille / 1000, rounded up.</summary>
    public Micros PermilleCeiling(int permille)
    {
        Invariant.Assert(Value >= 0);
        Invariant.Assert(permille >= 0);
        return new Micros(checked((long)(((Int128)Value * permille + 999) / 1000)));
    }

    /// <summary>amount × parts / 1,000,000,000, rounded up.</summary>
    public Micros BillionthsCeiling(long parts)
    {
        Invariant.Assert(Value >= 0);
        Invariant.Assert(parts >= 0);
        return new Micros(checked((long)(((Int128)Value * parts + 999_999_999) / 1_000_000_000)));
    }

    /// <summary>Price of <paramref name="tokens"/> at this price per 1,000 tokens, rounded up.</summary>
    public Micros ForTokensCeiling(int tokens)
    {
        Invariant.Assert(Value >= 0);
        Invariant.Assert(tokens >= 0);
        return new Micros(checked((long)(((Int128)Value * tokens + 999) / 1000)));
    }

    public static Micros Min(Micros left, Micros right) => left <= right ? left : right;

    public static Micros Max(Micros left, Micros right) => left >= right ? left : right;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
