using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>A requester's signed leave to take up to an amount over the account's life (P10.2).</summary>
/// <param name="User">Whose deposit.</param>
/// <param name="Cumulative">Above zero; a ledger micro is the token's smallest unit.</param>
/// <param name="Signature">65 bytes: r, s, v. Checked by whoever accepts it.</param>
/// <param name="AcceptedAt">When it came.</param>
public sealed record RequesterVoucher(NodeId User, Micros Cumulative, byte[] Signature, DateTimeOffset AcceptedAt)
{
    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 65;
}

/// <summary>Each requester's highest voucher. Durable; safe for concurrent use.</summary>
public interface IVoucherStore
{
    /// <summary>Keeps the voucher when it is higher than the user's kept one. False, and nothing changed, when it is not.</summary>
    /// <exception cref="ArgumentException">Malformed (<see cref="SettlementForm"/>).</exception>
    Task<bool> PutVoucherAsync(RequesterVoucher voucher, CancellationToken cancellationToken);

    Task<RequesterVoucher?> FindVoucherAsync(NodeId user, CancellationToken cancellationToken);

    /// <summary>Vouchers by ascending address.</summary>
    /// <param name="after">Only addresses above this one; null from the first on.</param>
    /// <param name="limit">1 to 10,000.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    Task<IReadOnlyList<RequesterVoucher>> VouchersAsync(NodeId? after, int limit, CancellationToken cancellationToken);
}
