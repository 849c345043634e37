using System.Text;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Settlement;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Chain;

// Requests of contracts (P10.1): a contract's event is a request like any other, its answer goes back with the nodes' signatures.
internal sealed partial class SettlementGrain
{
    /// <summary>Before the gateway gives the fee back the answer has to be mined and final: from then on a late one is declined.</summary>
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromSeconds(20);

    private async Task AcceptContractAsync(ChainEvent.InferenceRequested happened)
    {
        var asked = happened.Request;
        var caller = asked.Caller.ToAccount();
        await accounts.AddAccountAsync(new AccountRecord(caller, "contract", time.GetUtcNow()), default);
        await CommitAsync(SettlementRules.Received(happened.Id, LedgerAccount.User(caller), asked.MaxFee, TransferCode.Deposit));
        if (record.State.Contracts.ContainsKey(asked.Id.ToString()))
            return;
        var request = RequestSpec.IdOf(caller, asked.Id);
        // A repetition is the same request: the event comes again until this is stored.
        record.State.Contracts[asked.Id.ToString()] = new ContractTrack
        {
            Caller = caller, MaxFeeMicros = asked.MaxFee.Value, Deadline = asked.Deadline, Request = request.ToString(), Declined = await SubmitAsync(asked, caller, request),
        };
        await record.WriteStateAsync();
    }

    /// <returns>Why the network does not take it; empty when it does.</returns>
    private async Task<string> SubmitAsync(ContractRequest asked, string caller, Hash32 request)
    {
        string prompt;
        try
        {
            prompt = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(asked.Prompt);
        }
        catch (ArgumentException)
        {
            return "the prompt is not UTF-8";
        }

        // The likeliest tokens: a contract wants the same answer whoever computes it.
        var parameters = new CanonicalWriter();
        new SamplingParameters { Temperature = 0, MaxTokens = asked.MaxTokens }.Write(parameters);
        var reply = await GrainFactory.GetGrain<IRequestGrain>(Keys.Request(request)).Submit(new SubmitCall
        {
            Account = caller,
            IdempotencyKey = "chain:" + asked.Id,
            Model = asked.Model,
            Messages = [new ChatTurn("user", prompt)],
            Prompt = null,
            Parameters = parameters.ToArray(),
            MaxTokens = asked.MaxTokens,
            SeedGiven = true,
            Integrity = asked.Replicas == 1 ? "none" : $"replicated:{asked.Replicas}",
            Assurance = null,
            Streaming = false,
            Nonce = asked.Id.ToArray(),
            Deferred = true,
        });
        if (reply.Status is not (SubmitStatus.Accepted or SubmitStatus.Existing))
            return reply.Message;
        // The caller may have more here than it escrowed for this: that is not for this request.
        if (reply.HoldMicros > asked.MaxFee.Value)
        {
            await GrainFactory.GetGrain<IRequestGrain>(Keys.Request(request)).Cancel();
            return $"it can cost up to {reply.HoldMicros} micros, and {asked.MaxFee} were escrowed";
        }

        await GrainFactory.GetGrain<IRequestGrain>(Keys.Request(request)).Begin();
        return "";
    }

    private async Task FollowContractsAsync()
    {
        foreach (var (id, track) in record.State.Contracts.ToArray())
        {
            if (await Chain.OutcomeAsync(ContractKey(id), default) != CallOutcome.Unknown)
                continue;
            if (track.Declined.Length > 0)
                await DeclineAsync(id, track.Declined);
            else if ((await Chain.InfoAsync(default)).Time + AnswerMargin >= track.Deadline)
                await DeclineAsync(id, "no answer was signed in time");
            else
                await AnswerAsync(Hash32.Parse(id), track);
        }
    }

    private async Task AnswerAsync(Hash32 id, ContractTrack track)
    {
        var grain = GrainFactory.GetGrain<IRequestGrain>(Keys.Request(Hash32.Parse(track.Request)));
        if (await grain.Outcome() is not { } answer)
            return;
        if (answer.Result is not { } result)
        {
            await DeclineAsync(id.ToString(), $"the network gave no answer: {answer.Reason}");
            return;
        }

        if (result.Length > SettlementCall.Answer.ResultBytesMax)
        {
            await DeclineAsync(id.ToString(), $"the answer has {result.Length} bytes, a contract is given {SettlementCall.Answer.ResultBytesMax} at most");
            return;
        }

        if (answer.Signatures.Count < answer.Nodes.Count)
        {
            await grain.AskSignatures(Chain.GatewayDomain.ToArray());
            return;
        }

        var signed = answer.Signatures.OrderBy(s => NodeId.Parse(s.Node)).ToArray();
        await Chain.EnqueueAsync(
            ContractKey(id.ToString()),
            new SettlementCall.Answer(id, result, new Micros(answer.PriceMicros), [.. signed.Select(s => NodeId.Parse(s.Node))], [.. signed.SelectMany(s => s.Signature)]), default);
    }

    private Task DeclineAsync(string id, string reason) => Chain.EnqueueAsync(ContractKey(id), new SettlementCall.Decline(Hash32.Parse(id), reason), default);

    /// <summary>What was escrowed and not taken as a fee is the caller's again, on the chain.</summary>
    private async Task EndContractAsync(Hash32 happened, Hash32 id, Micros fee)
    {
        if (!record.State.Contracts.TryGetValue(id.ToString(), out var track))
            return;
        await LeaveAsync(happened, new Micros(track.MaxFeeMicros) - fee, LedgerAccount.User(track.Caller));
        record.State.Contracts.Remove(id.ToString());
        await record.WriteStateAsync();
    }

    private static string ContractKey(string id) => $"contract/{id}";
}
