using Atoma.Ethereum.Rlp;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Transactions;

/// <summary>Where a created contract will stand.</summary>
public static class ContractAddress
{
    /// <summary>By CREATE: the last 20 bytes of keccak256(rlp(sender, nonce)).</summary>
    public static NodeId OfCreate(NodeId sender, ulong nonce)
    {
        var encoded = RlpCodec.Encode(RlpItem.List(RlpItem.Address(sender), RlpItem.Integer(nonce)));
        return new NodeId(Keccak.Hash(encoded).ToArray().AsSpan(Hash32.Size - NodeId.Size));
    }
}
