using System.Collections.Concurrent;
using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Chain;

/// <summary>
/// A chain as several endpoints tell of it, all of which have to say the same (P10.3). One that lags is not yet there: what it
/// does not know has not happened. One that contradicts the others, and goes on doing so, stops everything with
/// <see cref="ChainDisagreementException"/>. Transactions go to all.
/// </summary>
public sealed class AgreeingChainClient : IChainClient
{
    /// <summary>Time between two attempts to agree: with all of them it is some seconds, as long as a reorganisation takes to spread.</summary>
    public static readonly TimeSpan DefaultPause = TimeSpan.FromMilliseconds(500);

    private readonly ChainAgreement _agreement;

    /// <summary>The highest block that each endpoint ever showed: behind some of them are servers of which a few lag.</summary>
    private readonly ConcurrentDictionary<string, long> _highest = new(StringComparer.Ordinal);

    /// <param name="endpoints">2 to <see cref="ChainLimits.EndpointsMax"/>, each of its own name.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="pause">Between two attempts to agree; null for <see cref="DefaultPause"/>.</param>
    public AgreeingChainClient(IReadOnlyList<ChainEndpoint> endpoints, TimeProvider time, TimeSpan? pause = null)
    {
        if (endpoints.Count is < 2 or > ChainLimits.EndpointsMax)
            throw new ArgumentException($"2 to {ChainLimits.EndpointsMax} endpoints can agree, not {endpoints.Count}.", nameof(endpoints));
        if (endpoints.DistinctBy(e => e.Name).Count() != endpoints.Count)
            throw new ArgumentException("One endpoint given twice always agrees with itself: their names must differ.", nameof(endpoints));
        _agreement = new ChainAgreement(endpoints, pause ?? DefaultPause, time);
    }

    public Task<ulong> ChainIdAsync(CancellationToken cancellationToken) =>
        EqualAsync("the chain's id", c => c.ChainIdAsync(cancellationToken), id => id.ToString(), cancellationToken);

    /// <summary>The lowest of the newest blocks.</summary>
    public Task<ChainBlock> HeadAsync(CancellationToken cancellationToken) =>
        _agreement.AgreeAsync("the newest block", async () => await LowestAsync(await _agreement.AskAllAsync(c => c.HeadAsync(cancellationToken)), cancellationToken), cancellationToken);

    public Task<ChainBlock?> BlockAsync(long number, CancellationToken cancellationToken) =>
        ThereAsync($"block {number}", c => c.BlockAsync(number, cancellationToken), ChainWords.Of, cancellationToken);

    public Task<ChainBlock?> FinalizedAsync(CancellationToken cancellationToken) =>
        _agreement.AgreeAsync<ChainBlock?>("the newest final block", async () =>
        {
            var answers = await _agreement.AskAllAsync(c => c.FinalizedAsync(cancellationToken));
            if (answers.Any(a => a.Value is null))
                return (NotYet, null);
            return await LowestAsync([.. answers.Select(a => new ChainAnswer<ChainBlock>(a.Endpoint, a.Value!))], cancellationToken);
        }, cancellationToken);

    public Task<ulong> NonceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken) =>
        PinnedAsync($"the nonce of {account}", atBlock, (c, at) => c.NonceAsync(account, at, cancellationToken), nonce => nonce.ToString(), cancellationToken);

    /// <summary>The lowest that any endpoint tells: it only serves to warn when gas money runs out.</summary>
    public async Task<BigInteger> BalanceAsync(NodeId account, CancellationToken cancellationToken) =>
        (await _agreement.AskAllAsync(c => c.BalanceAsync(account, cancellationToken))).Min(a => a.Value);

    public async Task<byte[]> CodeAsync(NodeId account, CancellationToken cancellationToken) =>
        await ThereAsync($"the code at {account}", async c => await c.CodeAsync(account, cancellationToken) is { Length: > 0 } code ? code : null, ChainWords.Of, cancellationToken) ?? [];

    public async Task<byte[]> CallAsync(ChainCall call, long? atBlock, CancellationToken cancellationToken)
    {
        var (result, revert) = await PinnedAsync(
            $"a call to {call.To}", atBlock, (c, at) => ResultOrRevertAsync(() => c.CallAsync(call, at, cancellationToken)),
            outcome => outcome.Result is { } data ? ChainWords.Of(data) : "a revert", cancellationToken);
        return result ?? throw revert!;
    }

    /// <summary>The highest: too much gas is given back, too little is lost. A revert counts when all revert.</summary>
    public async Task<ulong> EstimateGasAsync(ChainCall call, CancellationToken cancellationToken)
    {
        var answers = await _agreement.AskAllAsync(c => ResultOrRevertAsync<ulong?>(async () => await c.EstimateGasAsync(call, cancellationToken)));
        return answers.Max(a => a.Value.Result) ?? throw answers[0].Value.Revert!;
    }

    /// <summary>The lowest: an endpoint must not make us overpay.</summary>
    public async Task<BigInteger> PriorityFeeAsync(CancellationToken cancellationToken) =>
        (await _agreement.AskAllAsync(c => c.PriorityFeeAsync(cancellationToken))).Min(a => a.Value);

    /// <summary>To all; it is enough that one takes it.</summary>
    public async Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken)
    {
        var failures = (await _agreement.AskAllAsync(c => FailureAsync(() => c.SendAsync(raw, cancellationToken)))).Select(a => a.Value).ToArray();
        if (failures.Any(f => f is null))
            return Keccak.Hash(raw);
        // Where one did not answer, nobody knows whether it took the transaction.
        var worst = failures.FirstOrDefault(f => f is ChainUnavailableException) ?? failures[0]!;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(worst);
        return default;
    }

    public Task<ChainReceipt?> ReceiptAsync(Hash32 transaction, CancellationToken cancellationToken) =>
        _agreement.AgreeAsync<ChainReceipt?>($"the receipt of 0x{transaction}", async () =>
        {
            var answers = await _agreement.AskAllAsync(c => c.ReceiptAsync(transaction, cancellationToken));
            if (answers.FirstOrDefault(a => a.Value is not null)?.Value is not { } receipt)
                return (NotYet, null);
            foreach (var missing in answers.Where(a => a.Value is null))
            {
                // Only one that never was that far lags; any other contradicts. "No receipt" would free a nonce for a second payment.
                if (Highest(missing.Endpoint, await missing.Endpoint.Client.HeadAsync(cancellationToken)) < receipt.BlockNumber)
                    return (NotYet, null);
            }

            return (ChainAgreement.Said(answers, r => r is null ? "no receipt" : ChainWords.Of(r)), receipt);
        }, cancellationToken);

    public Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken) =>
        EqualAsync($"the logs of blocks {filter.FromBlock} to {filter.ToBlock}", c => c.LogsAsync(filter, cancellationToken), ChainWords.Of, cancellationToken);

    /// <summary>What all "say" when at least one is not that far: they agree that it is not there.</summary>
    private static IReadOnlyDictionary<string, string> NotYet { get; } = new Dictionary<string, string> { ["all"] = "not yet" };

    private Task<T> EqualAsync<T>(string question, Func<IChainClient, Task<T>> ask, Func<T, string> words, CancellationToken cancellationToken) =>
        _agreement.AgreeAsync(question, async () =>
        {
            var answers = await _agreement.AskAllAsync(ask);
            return (ChainAgreement.Said(answers, words), answers[0].Value);
        }, cancellationToken);

    /// <summary>Null as soon as one does not have it.</summary>
    private Task<T?> ThereAsync<T>(string question, Func<IChainClient, Task<T?>> ask, Func<T, string> words, CancellationToken cancellationToken)
        where T : class =>
        _agreement.AgreeAsync<T?>(question, async () =>
        {
            var answers = await _agreement.AskAllAsync(ask);
            return answers.Any(a => a.Value is null) ? (NotYet, null) : (ChainAgreement.Said(answers, value => words(value!)), answers[0].Value);
        }, cancellationToken);

    /// <summary>Asks for the state after one block that all have.</summary>
    private Task<T> PinnedAsync<T>(string question, long? atBlock, Func<IChainClient, long, Task<T>> ask, Func<T, string> words, CancellationToken cancellationToken) =>
        _agreement.AgreeAsync($"{question} {(atBlock is { } number ? $"at block {number}" : "now")}", async () =>
        {
            var at = atBlock is { } wanted ? await BlockAsync(wanted, cancellationToken) : await HeadAsync(cancellationToken);
            if (at is null)
                throw new ChainUnavailableException($"Not all endpoints have block {atBlock} yet.");
            var answers = await _agreement.AskAllAsync(c => ask(c, at.Number));
            return (ChainAgreement.Said(answers, words), answers[0].Value);
        }, cancellationToken);

    /// <summary>The lowest of these blocks, and what every endpoint has at its height.</summary>
    private async Task<(IReadOnlyDictionary<string, string> Said, ChainBlock Lowest)> LowestAsync(ChainAnswer<ChainBlock>[] blocks, CancellationToken cancellationToken)
    {
        foreach (var block in blocks)
            Highest(block.Endpoint, block.Value);
        var lowest = blocks.MinBy(b => b.Value.Number)!.Value;
        var same = await Task.WhenAll(blocks.Select(async block => block.Value.Number == lowest.Number
            ? block
            : block with
            {
                Value = await block.Endpoint.Client.BlockAsync(lowest.Number, cancellationToken)
                    ?? throw new ChainUnavailableException($"Endpoint {block.Endpoint.Name} does not have block {lowest.Number} although it has a newer one."),
            }));
        return (ChainAgreement.Said(same, ChainWords.Of), lowest);
    }

    private long Highest(ChainEndpoint endpoint, ChainBlock shown) =>
        _highest.AddOrUpdate(endpoint.Name, shown.Number, (_, before) => Math.Max(before, shown.Number));

    private static async Task<(T? Result, ChainRevertedException? Revert)> ResultOrRevertAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return (await ask(), null);
        }
        catch (ChainRevertedException e)
        {
            return (default, e);
        }
    }

    private static async Task<Exception?> FailureAsync(Func<Task> send)
    {
        try
        {
            await send();
            return null;
        }
        catch (Exception e) when (e is ChainUnavailableException or ChainRejectedException)
        {
            return e;
        }
    }
}
