using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>Takes decoded values one after the other as the types that the protocol has for them.</summary>
/// <param name="values">Of an event or a function's result.</param>
internal sealed class AbiRow(object[] values)
{
    private int _next;

    public NodeId Address() => (NodeId)Next();

    public NodeId[] Addresses() => [.. ((object[])Next()).Cast<NodeId>()];

    public Hash32 Hash() => (Hash32)Next();

    public byte[] Bytes() => (byte[])Next();

    public bool Bool() => (bool)Next();

    public BigInteger Number() => (BigInteger)Next();

    /// <summary>The token's smallest unit is one micro (P11).</summary>
    /// <exception cref="EthereumFormatException">More than the ledger can hold: 9 trillion units of the currency.</exception>
    public Micros Money() => new(Int64());

    /// <exception cref="EthereumFormatException">Above 2^63 − 1.</exception>
    public long Int64() =>
        Number() is var number && number <= long.MaxValue ? (long)number : throw new EthereumFormatException("A contract's number does not fit 63 bits.");

    /// <exception cref="EthereumFormatException">Above 2^31 − 1.</exception>
    public int Int32() =>
        Number() is var number && number <= int.MaxValue ? (int)number : throw new EthereumFormatException("A contract's number does not fit 31 bits.");

    /// <summary>A block's timestamp.</summary>
    /// <exception cref="EthereumFormatException">After the year 9999.</exception>
    public DateTimeOffset Time() =>
        Number() is var seconds && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : throw new EthereumFormatException("A contract's time is after the year 9999.");

    /// <summary>Null where the contract has no time: it writes zero.</summary>
    public DateTimeOffset? TimeOrNull() => Time() is var time && time == DateTimeOffset.UnixEpoch ? null : time;

    public AbiRow Row() => new((object[])Next());

    public AbiRow[] Rows() => [.. ((object[])Next()).Select(r => new AbiRow((object[])r))];

    private object Next() => values[_next++];
}
