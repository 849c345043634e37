using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>Call data for an ERC-20 token of 6 decimals, and for the development token's mint.</summary>
public static class TokenCalls
{
    private static readonly AbiFunction TransferFunction = new("transfer(address to, uint256 value) returns (bool)");
    private static readonly AbiFunction TransferFromFunction = new("transferFrom(address from, address to, uint256 value) returns (bool)");
    private static readonly AbiFunction ApproveFunction = new("approve(address spender, uint256 value) returns (bool)");
    private static readonly AbiFunction MintFunction = new("mint(address to, uint256 amount)");
    private static readonly AbiFunction TransferOwnershipFunction = new("transferOwnership(address newOwner)");
    private static readonly AbiFunction RenounceOwnershipFunction = new("renounceOwnership()");

    public static byte[] Transfer(NodeId to, Micros amount) => TransferFunction.Encode(to, amount.Value);

    public static byte[] TransferFrom(NodeId from, NodeId to, Micros amount) => TransferFromFunction.Encode(from, to, amount.Value);

    /// <summary>Lets a contract take up to this much of the sender's tokens.</summary>
    public static byte[] Approve(NodeId spender, Micros amount) => ApproveFunction.Encode(spender, amount.Value);

    /// <summary>The development token alone; its owner's.</summary>
    public static byte[] Mint(NodeId to, Micros amount) => MintFunction.Encode(to, amount.Value);

    public static byte[] TransferOwnership(NodeId owner) => TransferOwnershipFunction.Encode(owner);

    public static byte[] RenounceOwnership() => RenounceOwnershipFunction.Encode();
}

/// <summary>What a token's contract tells.</summary>
/// <param name="Log">Where it stands in the chain.</param>
public abstract record TokenEvent(ChainLog Log)
{
    public sealed record Transferred(ChainLog Log, NodeId From, NodeId To, System.Numerics.BigInteger Value) : TokenEvent(Log);

    public sealed record Approved(ChainLog Log, NodeId Owner, NodeId Spender, System.Numerics.BigInteger Value) : TokenEvent(Log);

    public sealed record OwnerChanged(ChainLog Log, NodeId Before, NodeId Now) : TokenEvent(Log);

    internal static ContractEvents<TokenEvent> Table { get; } = new ContractEvents<TokenEvent>()
        .With("Transfer(address indexed from, address indexed to, uint256 value)", (l, r) => new Transferred(l, r.Address(), r.Address(), r.Number()))
        .With("Approval(address indexed owner, address indexed spender, uint256 value)", (l, r) => new Approved(l, r.Address(), r.Address(), r.Number()))
        .With("OwnershipTransferred(address indexed previousOwner, address indexed newOwner)", (l, r) => new OwnerChanged(l, r.Address(), r.Address()));

    /// <summary>Null for a log that is no event of a token.</summary>
    /// <exception cref="EthereumFormatException">It claims to be one and is not.</exception>
    public static TokenEvent? TryRead(ChainLog log) => Table.TryRead(log);
}

/// <summary>What a token's contract says. A block of null is the newest.</summary>
/// <param name="chain">Where.</param>
/// <param name="address">Of the contract.</param>
public sealed class TokenContract(IChainClient chain, NodeId address)
{
    private static readonly AbiFunction BalanceOf = new("balanceOf(address account) returns (uint256)");
    private static readonly AbiFunction Allowance = new("allowance(address owner, address spender) returns (uint256)");
    private static readonly AbiFunction Decimals = new("decimals() returns (uint8)");

    private readonly ContractReader _reader = new(chain, address);

    public NodeId Address => _reader.Address;

    public async Task<Micros> BalanceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken) =>
        (await _reader.ReadAsync(BalanceOf, atBlock, cancellationToken, account)).Money();

    /// <summary>An allowance is often "all there is"; what the ledger cannot hold is given as the most that it can.</summary>
    public async Task<Micros> AllowanceAsync(NodeId owner, NodeId spender, CancellationToken cancellationToken)
    {
        var allowance = (await _reader.ReadAsync(Allowance, null, cancellationToken, owner, spender)).Number();
        return new Micros((long)System.Numerics.BigInteger.Min(allowance, long.MaxValue));
    }

    /// <summary>Has to be 6: the token's smallest unit is one micro (P11).</summary>
    public async Task<int> DecimalsAsync(CancellationToken cancellationToken) => (await _reader.ReadAsync(Decimals, null, cancellationToken)).Int32();
}
