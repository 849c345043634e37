using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Outbox;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Settlement;

/// <summary>The contracts' own guards: whether a call has had its effect, by whatever transaction.</summary>
internal sealed class SettlementEffects(SettlementContract settlement, GatewayContract gateway) : ITransactionEffects
{
    /// <summary>Reverts that a little time mends: clocks differ, and roots are at least an eighth of the claim delay apart. Everything else is planned anew by the next epoch.</summary>
    private static readonly string[] Temporary = ["ExecuteTooEarly", "RootTooSoon"];

    public async Task<bool> IsPresentAsync(OutboxRow row, long? atBlock, CancellationToken cancellationToken)
    {
        var call = SentCall.Of(row.Data);
        switch (call.Kind)
        {
            case SentKind.Redeem:
                foreach (var (user, spent) in call.Parts)
                {
                    if ((await settlement.RequesterAsync(user, atBlock, cancellationToken)).Redeemed < spent)
                        return false;
                }

                return true;
            case SentKind.PostRoot:
                return (await settlement.RootAsync(call.Epoch, atBlock, cancellationToken)).Root == call.Id;
            case SentKind.ProposeSlash:
                return (await settlement.SlashAsync(call.Id, atBlock, cancellationToken)).State != ChainSlashState.None;
            case SentKind.EndSlash:
                return (await settlement.SlashAsync(call.Id, atBlock, cancellationToken)).State is ChainSlashState.Executed or ChainSlashState.Returned;
            default:
                return (await gateway.RequestAsync(call.Id, atBlock, cancellationToken)).Caller.IsZero;
        }
    }

    public RevertVerdict Judge(OutboxRow row, ReadOnlySpan<byte> revertData)
    {
        foreach (var error in ContractErrors.Settlement)
        {
            if (error.Matches(revertData))
                return new RevertVerdict(Temporary.Contains(error.Name, StringComparer.Ordinal), ContractErrors.Table.Describe(revertData));
        }

        return new RevertVerdict(MayRetry: false, ContractErrors.Table.Describe(revertData));
    }
}
