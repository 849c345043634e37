using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>Reads a contract's logs as records.</summary>
/// <typeparam name="T">Base of its events.</typeparam>
internal sealed class ContractEvents<T>
    where T : class
{
    private readonly Dictionary<Hash32, (AbiEvent Event, Func<ChainLog, AbiRow, T> Make)> _readers = [];

    public IEnumerable<AbiEvent> Declared => _readers.Values.Select(r => r.Event);

    /// <summary>Adds one; for the table's initialiser.</summary>
    public ContractEvents<T> With(string declaration, Func<ChainLog, AbiRow, T> make)
    {
        // What strangers write need not be UTF-8, and must not stop the reader.
        var declared = new AbiEvent(declaration, textAsBytes: true);
        _readers.Add(declared.SignatureHash, (declared, make));
        return this;
    }

    /// <summary>Null for an event that is not in the table.</summary>
    /// <exception cref="EthereumFormatException">It claims to be one and is not.</exception>
    public T? TryRead(ChainLog log) =>
        log.Topics.Count > 0 && _readers.TryGetValue(log.Topics[0], out var reader) ? reader.Make(log, new AbiRow(reader.Event.Decode(log))) : null;
}
