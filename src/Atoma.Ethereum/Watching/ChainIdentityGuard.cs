using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Watching;

/// <summary>Makes sure at start that the chain and the contracts are those that the books belong to (P10.3).</summary>
public static class ChainIdentityGuard
{
    /// <summary>Writes the identity at the first start, compares it at every later one.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="store">Where the identity is kept.</param>
    /// <param name="contracts">The configured addresses, always in the same order.</param>
    /// <param name="cancellationToken">Stops the questions.</param>
    /// <exception cref="WrongChainException">Something is not what it was, or there is no contract.</exception>
    public static async Task<ChainIdentity> CheckAsync(
        IChainClient chain, ICursorStore store, IReadOnlyList<NodeId> contracts, CancellationToken cancellationToken)
    {
        var seen = await ReadAsync(chain, contracts, cancellationToken);
        var pinned = await store.PinChainAsync(seen, cancellationToken);
        return seen.Equals(pinned) ? seen : throw new WrongChainException(Difference(seen, pinned));
    }

    private static async Task<ChainIdentity> ReadAsync(IChainClient chain, IReadOnlyList<NodeId> contracts, CancellationToken cancellationToken)
    {
        var id = await chain.ChainIdAsync(cancellationToken);
        var genesis = await chain.BlockAsync(0, cancellationToken)
            ?? throw new WrongChainException("The endpoint does not have block 0: it is no node of a whole chain. Use another.");
        var found = new List<ContractIdentity>();
        foreach (var address in contracts)
        {
            var code = await chain.CodeAsync(address, cancellationToken);
            if (code.Length == 0)
                throw new WrongChainException($"There is no contract at {address} on chain {id}. Check the address and the endpoint.");
            found.Add(new ContractIdentity(address, Keccak.Hash(code)));
        }

        return new ChainIdentity(id, genesis.Hash, found);
    }

    private static string Difference(ChainIdentity seen, ChainIdentity pinned)
    {
        const string Advice = "The books were kept for another chain: correct the endpoint or the addresses, or use a new database.";
        if (seen.ChainId != pinned.ChainId)
            return $"The endpoint is of chain {seen.ChainId}, the books are of chain {pinned.ChainId}. {Advice}";
        if (seen.Genesis != pinned.Genesis)
            return $"Block 0 of the endpoint is {seen.Genesis}, of the books {pinned.Genesis}. {Advice}";
        var changed = seen.Contracts.Except(pinned.Contracts).Select(contract => $"{contract.Address} with code {contract.CodeHash}");
        return $"The contracts are not those of the books: {string.Join(", ", changed.DefaultIfEmpty("some are missing"))}. {Advice}";
    }
}
