using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Storage;

/// <summary>Lists that are one column: nothing ever searches inside them.</summary>
internal static class SettlementCodec
{
    public static byte[] Encode(IReadOnlyList<SignedAttempt> attempts)
    {
        var writer = new CanonicalWriter().Count(attempts.Count);
        foreach (var attempt in attempts)
        {
            writer.Bytes(attempt.Raw).Hash(attempt.Hash).Int64(attempt.MaxFeeWei).Int64(attempt.PriorityFeeWei)
                .Int64(attempt.SignedAt.UtcTicks).Int64(attempt.SignedAtBlock);
        }

        return writer.ToArray();
    }

    /// <exception cref="CanonicalFormatException">The bytes were not written by this program.</exception>
    public static IReadOnlyList<SignedAttempt> Attempts(byte[] bytes)
    {
        var reader = new CanonicalReader(bytes);
        var attempts = new SignedAttempt[reader.Count(OutboxLimits.AttemptsMax)];
        for (var i = 0; i < attempts.Length; i++)
        {
            attempts[i] = new SignedAttempt(
                reader.Bytes(OutboxLimits.RawLengthMax), reader.Hash(), reader.Int64(), reader.Int64(),
                new DateTimeOffset(reader.Int64(), TimeSpan.Zero), reader.Int64());
        }

        reader.End();
        return attempts;
    }

    public static byte[] Encode(ChainIdentity identity)
    {
        var writer = new CanonicalWriter().UInt64(identity.ChainId).Hash(identity.Genesis).Count(identity.Contracts.Count);
        foreach (var contract in identity.Contracts)
            writer.Node(contract.Address).Hash(contract.CodeHash);
        return writer.ToArray();
    }

    /// <inheritdoc cref="Attempts"/>
    public static ChainIdentity Identity(byte[] bytes)
    {
        var reader = new CanonicalReader(bytes);
        var chainId = reader.UInt64();
        var genesis = reader.Hash();
        var contracts = new ContractIdentity[reader.Count(ChainIdentity.ContractsMax)];
        for (var i = 0; i < contracts.Length; i++)
            contracts[i] = new ContractIdentity(reader.Node(), reader.Hash());
        reader.End();
        return new ChainIdentity(chainId, genesis, contracts);
    }
}
