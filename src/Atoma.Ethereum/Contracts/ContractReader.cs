using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>Asks one contract.</summary>
internal sealed class ContractReader(IChainClient chain, NodeId address)
{
    public NodeId Address => address;

    /// <exception cref="ChainRejectedException">What is there is not this contract.</exception>
    public async Task<AbiRow> ReadAsync(AbiFunction function, long? atBlock, CancellationToken cancellationToken, params object[] arguments)
    {
        var data = await chain.CallAsync(new ChainCall(address, function.Encode(arguments)), atBlock, cancellationToken);
        try
        {
            return new AbiRow(function.DecodeResult(data));
        }
        catch (EthereumFormatException e)
        {
            throw new ChainRejectedException($"{address} does not answer {function.Signature} as our contract does. Is it the right address, on the right chain?", e);
        }
    }
}
