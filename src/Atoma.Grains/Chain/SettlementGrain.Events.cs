using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;

namespace Atoma.Grains.Chain;

// What became final on the chain, booked once each: the event's id names the transfer.
internal sealed partial class SettlementGrain
{
    private async Task BookAsync(ChainEvent happened)
    {
        switch (happened)
        {
            case ChainEvent.Deposited e:
                await accounts.AddAccountAsync(new AccountRecord(e.User.ToAccount(), "chain", time.GetUtcNow()), default);
                await CommitAsync(SettlementRules.Received(e.Id, LedgerAccount.Reserve(e.User), e.Amount, TransferCode.Deposit));
                _requesters.Add(e.User);
                break;
            case ChainEvent.ExitChanged e:
                // What it has spent is taken before it can take it along.
                _closeNow = true;
                _requesters.Add(e.User);
                break;
            case ChainEvent.Exited e:
                await LeaveAsync(e.Id, e.Amount, LedgerAccount.Exiting(e.User), LedgerAccount.Reserve(e.User), LedgerAccount.User(e.User.ToAccount()));
                _requesters.Add(e.User);
                break;
            case ChainEvent.Bonded e:
                await CommitAsync(SettlementRules.Received(e.Id, LedgerAccount.Collateral(e.Node), e.Amount, TransferCode.Bond));
                _nodes.Add(e.Node);
                break;
            case ChainEvent.UnbondRequested e:
                _nodes.Add(e.Node);
                break;
            case ChainEvent.CollateralWithdrawn e:
                await LeaveAsync(e.Id, e.Amount, LedgerAccount.Collateral(e.Node));
                _nodes.Add(e.Node);
                break;
            case ChainEvent.Slashed e:
                await FollowProofAsync(e);
                break;
            case ChainEvent.Claimed e:
                await LeaveAsync(e.Id, e.Amount, LedgerAccount.Payable(e.Payee));
                break;
            case ChainEvent.InferenceRequested e:
                await AcceptContractAsync(e);
                break;
            case ChainEvent.InferenceAnswered e:
                await EndContractAsync(e.Id, e.Request, e.Fee);
                break;
            case ChainEvent.InferenceRefunded e:
                await EndContractAsync(e.Id, e.Request, Micros.Zero);
                break;
            default:
                throw new InvariantException($"Unknown chain event {happened.GetType().Name}.");
        }
    }

    /// <summary>A slash that the network did not ask for: two commitments of one node that somebody showed the contract (P8.1).</summary>
    private async Task FollowProofAsync(ChainEvent.Slashed slashed)
    {
        if (await Chain.OutcomeAsync(OpenKey(slashed.Slash), default) != CallOutcome.Unknown || !slashed.Amount.IsPositive)
            return;
        while ((await ledger.EntriesOfAsync([SettlementRules.LeftId(slashed.Id)], default)).Count == 0)
        {
            var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(slashed.Node), default);
            if (SettlementRules.Followed(slashed, collateral, await ledger.BalanceAsync(LedgerAccount.Treasury, default)) is not { } command)
                throw new InvalidOperationException($"{slashed.Amount} micros of {slashed.Node} were slashed on the chain, and neither it nor the treasury has them here. The books wait until the treasury can bear it.");
            if (command.Operations.Count == 0 || (await ledger.CommitAsync(command, default)).Succeeded)
                break;
        }

        log.SlashedByProof(slashed.Slash.ToString(), slashed.Node.ToString(), slashed.Amount.Value);
        await GrainFactory.GetGrain<INodeGrain>(Keys.Node(slashed.Node)).Jail("signed two different answers to one request");
    }

    private async Task CommitAsync(LedgerCommand command)
    {
        var result = await ledger.CommitAsync(command, default);
        if (!result.Succeeded)
            throw new InvariantException($"Booking what the chain did gave {result.Status}.");
    }

    /// <summary>Once, though the amounts are read before they are taken: the first part's id tells whether it was done.</summary>
    private async Task LeaveAsync(Hash32 id, Micros amount, params LedgerAccount[] from)
    {
        if (!amount.IsPositive)
            return;
        while ((await ledger.EntriesOfAsync([SettlementRules.LeftId(id)], default)).Count == 0)
        {
            List<(LedgerAccount, Micros)> sources = [];
            foreach (var account in from)
                sources.Add((account, await ledger.BalanceAsync(account, default)));
            if (SettlementRules.Left(id, amount, sources, await ledger.BalanceAsync(LedgerAccount.Treasury, default)) is not { } command)
                throw new InvalidOperationException($"{amount} micros left the chain, and neither {string.Join(", ", from)} nor the treasury has them. The books wait until the treasury can bear it.");
            var result = await ledger.CommitAsync(command, default);
            if (result.Succeeded && command.Operations.Any(o => o is LedgerOperation.Transfer { Code: TransferCode.Shortfall }))
                log.Shortfall(amount.Value, from[0].ToString());
        }
    }
}
