using System.Numerics;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>How a settlement contract is configured now. A block of null is the newest.</summary>
public sealed class SettlementParameters
{
    private static readonly AbiFunction Token = new("token() returns (address)");
    private static readonly AbiFunction Settler = new("settler() returns (address)");
    private static readonly AbiFunction Admin = new("admin() returns (address)");
    private static readonly AbiFunction Guardian = new("guardian() returns (address)");
    private static readonly AbiFunction CommitmentDomain = new("commitmentDomain() returns (bytes32)");
    private static readonly AbiFunction Domain = new("domainSeparator() returns (bytes32)");
    private static readonly AbiFunction Paused = new("paused() returns (bool)");
    private static readonly AbiFunction VerdictSigners = new("verdictSigners() returns (address[])");
    private static readonly AbiFunction VerdictThreshold = new("verdictThreshold() returns (uint8)");
    private static readonly AbiFunction ParameterOf = new("parameterOf(bytes32 key) returns (uint256)");
    private static readonly AbiFunction ScheduledOf = new("scheduledOf(bytes32 key) returns (uint256 value, uint64 availableAt)");

    private readonly ContractReader _reader;

    internal SettlementParameters(ContractReader reader) => _reader = reader;

    public async Task<NodeId> TokenAsync(CancellationToken cancellationToken) => (await ReadAsync(Token, cancellationToken)).Address();

    public async Task<NodeId> SettlerAsync(CancellationToken cancellationToken) => (await ReadAsync(Settler, cancellationToken)).Address();

    public async Task<NodeId> AdminAsync(CancellationToken cancellationToken) => (await ReadAsync(Admin, cancellationToken)).Address();

    public async Task<NodeId> GuardianAsync(CancellationToken cancellationToken) => (await ReadAsync(Guardian, cancellationToken)).Address();

    /// <summary>EIP-712 separator under which nodes sign the commitments that convict them.</summary>
    public async Task<Hash32> CommitmentDomainAsync(CancellationToken cancellationToken) => (await ReadAsync(CommitmentDomain, cancellationToken)).Hash();

    /// <summary>EIP-712 separator of vouchers, bindings, verdicts and rulings (<see cref="SettlementTypedData.Domain"/>).</summary>
    public async Task<Hash32> DomainAsync(CancellationToken cancellationToken) => (await ReadAsync(Domain, cancellationToken)).Hash();

    public async Task<bool> PausedAsync(CancellationToken cancellationToken) => (await ReadAsync(Paused, cancellationToken)).Bool();

    /// <summary>Ascending.</summary>
    public async Task<IReadOnlyList<NodeId>> VerdictSignersAsync(CancellationToken cancellationToken) => (await ReadAsync(VerdictSigners, cancellationToken)).Addresses();

    public async Task<int> VerdictThresholdAsync(CancellationToken cancellationToken) => (await ReadAsync(VerdictThreshold, cancellationToken)).Int32();

    /// <param name="key">As <see cref="ParameterCalls.Schedule"/> has it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Seconds, micros, or an address as a number.</returns>
    public async Task<BigInteger> ParameterAsync(string key, CancellationToken cancellationToken) =>
        (await ReadAsync(ParameterOf, cancellationToken, ParameterCalls.Key(key))).Number();

    /// <summary>The change that waits; null without one.</summary>
    public async Task<(BigInteger Value, DateTimeOffset AvailableAt)?> ScheduledAsync(string key, CancellationToken cancellationToken)
    {
        var row = await ReadAsync(ScheduledOf, cancellationToken, ParameterCalls.Key(key));
        var value = row.Number();
        return row.TimeOrNull() is { } availableAt ? (value, availableAt) : null;
    }

    private Task<AbiRow> ReadAsync(AbiFunction function, CancellationToken cancellationToken, params object[] arguments) =>
        _reader.ReadAsync(function, null, cancellationToken, arguments);
}
