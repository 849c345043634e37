using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints;

/// <summary>Where the chain and the books stand.</summary>
/// <param name="Object">"chain".</param>
/// <param name="ChainId">EIP-155 chain id: with settlement or gateway it makes the EIP-712 domain that is signed under.</param>
/// <param name="Token">The ERC-20 token; its smallest unit is one micro.</param>
/// <param name="Settlement">Settlement contract.</param>
/// <param name="Gateway">Gateway for contracts that ask for inference.</param>
/// <param name="Settler">Whose transactions redeem vouchers and post roots.</param>
/// <param name="HeadBlock">Newest block.</param>
/// <param name="FinalBlock">Newest block that counts as final.</param>
/// <param name="AppliedBlock">Blocks up to this one are in the books.</param>
/// <param name="Epoch">Of the newest root; 0 before the first.</param>
/// <param name="BackingMicros">What payouts may be made of, over the contract's life.</param>
/// <param name="PostedMicros">Total of the newest root.</param>
/// <param name="ClaimedMicros">Claimed so far.</param>
/// <param name="HoldingsMicros">Tokens that the contracts hold for the network's accounts.</param>
/// <param name="LedgerMicros">Sum of the ledger's accounts.</param>
/// <param name="DifferenceMicros">holdings − ledger. It is 0 whenever nothing is in flight.</param>
/// <param name="InFlight">Slashes and contracts' requests that are over on one side only.</param>
/// <param name="Outbox">Transactions on their way.</param>
/// <param name="Problem">What stops settlement; empty when nothing does.</param>
internal sealed record ChainBody(
    string Object, long ChainId, string Token, string Settlement, string Gateway, string Settler, long HeadBlock, long FinalBlock, long AppliedBlock, long Epoch,
    long BackingMicros, long PostedMicros, long ClaimedMicros, long HoldingsMicros, long LedgerMicros, long DifferenceMicros, int InFlight, OutboxBody Outbox, string Problem)
{
    public static ChainBody Of(ChainOverview c) => new(
        "chain", c.ChainId, c.Token, c.Settlement, c.Gateway, c.Settler, c.Head, c.Final, c.Applied, c.Epoch, c.BackingMicros, c.PostedMicros, c.ClaimedMicros,
        c.HoldingsMicros, c.LedgerMicros, c.HoldingsMicros - c.LedgerMicros, c.InFlight,
        new OutboxBody(c.OutboxOpen, c.OutboxFailed, c.OutboxOldestAt is { } at ? EndpointConventions.Time(at) : null), c.Problem);
}

/// <param name="Open">Not final yet.</param>
/// <param name="Failed">Refused by the contracts for good.</param>
/// <param name="OldestAt">Since when the oldest open one waits, or null.</param>
internal sealed record OutboxBody(int Open, long Failed, string? OldestAt);

/// <summary>A requester on the chain and in the books.</summary>
/// <param name="Object">"chain.account".</param>
/// <param name="Address">Its address; also the id of its account here.</param>
/// <param name="DepositMicros">On the chain: deposited, less what was redeemed and taken out.</param>
/// <param name="RedeemedMicros">Taken from the deposit for spending so far.</param>
/// <param name="ExitingMicros">Asked for; can be taken at exit_at.</param>
/// <param name="ExitAt">When, or null.</param>
/// <param name="VoucherMicros">Sum over the account's life that its newest voucher allows.</param>
/// <param name="ReserveMicros">Deposited, and waiting for a voucher.</param>
/// <param name="BalanceMicros">Can be spent now.</param>
/// <param name="HeldMicros">Held by open requests.</param>
/// <param name="SetAsideMicros">Set aside for the exit.</param>
/// <param name="SpentMicros">Spent over the account's life.</param>
internal sealed record ChainAccountBody(
    string Object, string Address, long DepositMicros, long RedeemedMicros, long ExitingMicros, string? ExitAt, long VoucherMicros, long ReserveMicros, long BalanceMicros,
    long HeldMicros, long SetAsideMicros, long SpentMicros)
{
    public static ChainAccountBody Of(string address, ChainRequester r) => new(
        "chain.account", address, r.DepositMicros, r.RedeemedMicros, r.ExitingMicros, r.ExitAt is { } at ? EndpointConventions.Time(at) : null, r.VoucherMicros,
        r.ReserveMicros, r.BalanceMicros, r.HeldMicros, r.SetAsideMicros, r.SpentMicros);
}

/// <summary>A node on the chain and in the books.</summary>
/// <param name="Object">"chain.node".</param>
/// <param name="Address">The node.</param>
/// <param name="Owner">Who pays and is paid; empty when it is not registered on the chain.</param>
/// <param name="ReceiptKey">The key that signs for it.</param>
/// <param name="BondedMicros">Collateral on the chain.</param>
/// <param name="UnbondingMicros">On its way out, slashable until taken.</param>
/// <param name="FrozenMicros">By open slashes.</param>
/// <param name="ClaimedMicros">Earnings claimed so far.</param>
/// <param name="CollateralMicros">Collateral in the books.</param>
/// <param name="LedgerFrozenMicros">Frozen in the books.</param>
/// <param name="EarningsMicros">Earned since the last epoch was closed.</param>
/// <param name="PayableMicros">Claimable by the newest root or the next.</param>
/// <param name="Claim">What to send to the contract to be paid; null when there is nothing.</param>
internal sealed record ChainNodeBody(
    string Object, string Address, string Owner, string ReceiptKey, long BondedMicros, long UnbondingMicros, long FrozenMicros, long ClaimedMicros, long CollateralMicros,
    long LedgerFrozenMicros, long EarningsMicros, long PayableMicros, ClaimBody? Claim)
{
    public static ChainNodeBody Of(string address, ChainNode n) => new(
        "chain.node", address, n.Owner, n.ReceiptKey, n.BondedMicros, n.UnbondingMicros, n.FrozenMicros, n.ClaimedMicros, n.CollateralMicros, n.LedgerFrozenMicros,
        n.EarningsMicros, n.PayableMicros,
        n.Claim is { } c ? new ClaimBody(c.Epoch, c.CumulativeMicros, "0x" + c.Root, [.. c.Proof.Select(p => "0x" + Convert.ToHexStringLower(p))], EndpointConventions.Time(c.ClaimableAt)) : null);
}

/// <param name="Epoch">Of the root.</param>
/// <param name="CumulativeMicros">Of the leaf.</param>
/// <param name="Root">Merkle root, hex.</param>
/// <param name="Proof">Siblings from the leaf up, hex.</param>
/// <param name="ClaimableAt">From when on the contract pays against this root.</param>
internal sealed record ClaimBody(long Epoch, long CumulativeMicros, string Root, IReadOnlyList<string> Proof, string ClaimableAt);

/// <param name="Account">Address whose deposit it opens.</param>
/// <param name="CumulativeMicros">What may be spent of it over the account's life, all in all.</param>
/// <param name="Signature">65 bytes, hex, by the account's key.</param>
internal sealed record VoucherBody(string? Account, long? CumulativeMicros, string? Signature);

/// <param name="Object">"voucher".</param>
/// <param name="Account">Address.</param>
/// <param name="CumulativeMicros">Of the voucher that is kept.</param>
/// <param name="Repeated">It was no higher than the one kept; nothing changed.</param>
internal sealed record VoucherReplyBody(string Object, string Account, long CumulativeMicros, bool Repeated);

/// <param name="Account">Address.</param>
/// <param name="KeyHash">SHA-256 of the API key's text, hex: choose the key yourself and keep it.</param>
/// <param name="Timestamp">Seconds since 1970, now.</param>
/// <param name="Signature">65 bytes, hex, by the account's key.</param>
internal sealed record WalletKeyBody(string? Account, string? KeyHash, long? Timestamp, string? Signature);

/// <param name="Object">"key".</param>
/// <param name="Id">As GET /v1/keys shows it.</param>
/// <param name="Account">Address.</param>
/// <param name="Repeated">It was added before; nothing changed.</param>
internal sealed record WalletKeyReplyBody(string Object, string Id, string Account, bool Repeated);
