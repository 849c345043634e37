using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Abi;

/// <summary>An event, written as <c>Deposited(address indexed user, uint128 amount)</c>.</summary>
public sealed class AbiEvent : AbiDeclaration
{
    private const int TopicsMax = 4;

    private readonly AbiType[] _dataTypes;
    private readonly int _indexedCount;

    /// <param name="declaration">As above.</param>
    /// <param name="textAsBytes">
    /// Strings are decoded as byte[]: contracts do not check that text is UTF-8, and an event that a stranger can cause must not be
    /// one that cannot be read.
    /// </param>
    /// <exception cref="EthereumFormatException">Not a declaration.</exception>
    public AbiEvent(string declaration, bool textAsBytes = false)
        : this(AbiTypeParser.Declaration(declaration), textAsBytes)
    {
    }

    private AbiEvent((string Name, AbiParameter[] Inputs, AbiParameter[] Outputs) parts, bool textAsBytes)
        : base(parts.Name, parts.Inputs, allowsIndexed: true)
    {
        _indexedCount = Inputs.Count(i => i.Indexed);
        if (_indexedCount >= TopicsMax || parts.Outputs.Length > 0)
            throw new EthereumFormatException("An event has at most three indexed values and returns nothing.");
        _dataTypes = [.. Inputs.Where(i => !i.Indexed).Select(i => textAsBytes && i.Type is AbiString ? new AbiBytes() : i.Type)];
    }

    /// <summary>Whether the log claims to be this event.</summary>
    public bool Matches(ChainLog log) => log.Topics.Count > 0 && log.Topics[0] == SignatureHash;

    /// <summary>Values in the order of the declaration. What is indexed and longer than a word is there as its hash.</summary>
    /// <exception cref="EthereumFormatException">Not this event.</exception>
    public object[] Decode(ChainLog log)
    {
        if (!Matches(log) || log.Topics.Count != 1 + _indexedCount)
            throw new EthereumFormatException($"The log is not of {Signature}.");
        var data = AbiSequence.Decode(_dataTypes, log.Data);
        var values = new object[Inputs.Count];
        var (topic, next) = (1, 0);
        for (var i = 0; i < values.Length; i++)
            values[i] = Inputs[i].Indexed ? ReadTopic(Inputs[i].Type, log.Topics[topic++]) : data[next++];
        return values;
    }

    private static object ReadTopic(AbiType type, Hash32 topic)
    {
        if (type is AbiBytes or AbiString or AbiArray or AbiTuple)
            return topic;
        var reader = new AbiReader(topic.ToArray());
        return type.Read(ref reader);
    }
}
