using System.Globalization;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Nodes;

// Exposure (P6.3), collateral (P2.2), standing and jail (P8.1).
internal sealed partial class NodeGrain
{
    /// <summary>Cases looked at: a node in so many has no way back.</summary>
    private const int CasesMax = 100;

    /// <summary>As the books had it when last looked at; the books themselves never let it be spent twice.</summary>
    private Micros _collateral;

    private WeightChallenges? _challenges;

    private Micros Outstanding => _engaged.Values.Aggregate(Micros.Zero, static (sum, value) => sum + value);

    private NodeTerms Terms => new(Exposure.Cap(_collateral, options.ExposureRatio).Value, record.State.IsQuarantined);

    public Task<EngageStatus> Engage(string request, long valueMicros)
    {
        if (_link is null)
            return Task.FromResult(EngageStatus.Away);
        var value = new Micros(valueMicros);
        if (value.IsPositive && !_engaged.ContainsKey(request) && !Exposure.Fits(Outstanding, value, _collateral, options.ExposureRatio))
            return Task.FromResult(EngageStatus.Full);
        _engaged[request] = Micros.Max(value, _engaged.GetValueOrDefault(request));
        return Task.FromResult(EngageStatus.Ok);
    }

    public Task Jail(string reason) => Jail(reason, until: null);

    public async Task Free()
    {
        if (!await IsCleared() || NodeMachine.Move(record.State.State, NodeState.Active, collateralSuffices: true) != NodeMoveStatus.Ok)
            return;
        record.State.State = NodeState.Active;
        record.State.JailReason = "";
        record.State.JailedUntil = null;
        await record.WriteStateAsync();
        log.NodeFreed(Id.ToString());
        if (_link is null)
            return;
        await CheckCollateral();
        if (_collateral.Value >= options.CollateralMinMicros)
            await Offer(_subscriptions);
        await Send(new CoordinatorMessage.Notice("Free again, and drawn as before.").ToBytes());
    }

    public async Task Observe(int kind, string request)
    {
        var (after, change) = Standing().Observe((ObservationKind)kind, Hash32.Parse(request));
        record.State.StandingMicronats = after.Micronats;
        record.State.IsQuarantined = after.IsQuarantined;
        var silencesChanged = after.Silences != record.State.Silences;
        record.State.Silences = after.Silences;
        record.State.History = [.. after.History.Select(h => (h.Failed ? "-" : "+") + h.Request)];
        // What only says that a node worked is not worth a write.
        if ((ObservationKind)kind != ObservationKind.Worked || silencesChanged)
            await record.WriteStateAsync();
        if (change == StandingChange.None)
            return;
        log.StandingChanged(Id.ToString(), change.ToString(), request);
        switch (change)
        {
            case StandingChange.Unreliable:
                await Jail($"was silent {NodeStanding.SilencesMax} times in a row", time.GetUtcNow() + options.SilenceJail);
                break;
            case StandingChange.Fired:
                await Slash(after);
                break;
            case StandingChange.Quarantined or StandingChange.Cleared when record.State.State == NodeState.Active && _link is not null:
                await Offer(_subscriptions);
                break;
        }
    }

    private async Task<bool> IsCleared() =>
        CaseRules.IsCleared(await ledger.SlashesAsync(Id.ToString(), CasesMax, default), record.State.JailedUntil, time.GetUtcNow());

    private NodeStanding Standing() => new()
    {
        Micronats = record.State.StandingMicronats,
        IsQuarantined = record.State.IsQuarantined,
        Silences = record.State.Silences,
        History = [.. record.State.History.Select(h => new CheckedRequest(Hash32.Parse(h[1..]), h[0] == '-'))],
    };

    /// <summary>P8.1: the sequential test fired.</summary>
    private async Task Slash(NodeStanding standing)
    {
        await Jail($"failed {standing.History.Count(h => h.Failed)} of its last {standing.History.Count} checks");
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(Id), default);
        await ledger.CommitAsync(CaseRules.SequentialTestFired(Id, standing.History, collateral, options.Request, now, options.AppealWindow), default);
    }

    private async Task Jail(string reason, DateTimeOffset? until)
    {
        if (NodeMachine.Move(record.State.State, NodeState.Jailed, collateralSuffices: true) != NodeMoveStatus.Ok)
            return;
        record.State.State = NodeState.Jailed;
        record.State.JailReason = reason;
        record.State.JailedUntil = until;
        await record.WriteStateAsync();
        log.NodeJailed(Id.ToString(), reason);
        await Withdraw(_subscriptions);
        var ends = until is { } at ? $"until {at.ToString("u", CultureInfo.InvariantCulture)}; connect again then" : $"; see /v1/nodes/{Id}/slashes for the evidence and how to appeal";
        await Send(new CoordinatorMessage.Notice($"Jailed: it {reason}, {ends}.").ToBytes());
    }

    public async Task Weights(byte[] answer)
    {
        var reader = new CanonicalReader(answer);
        var given = WeightAnswer.Read(ref reader);
        if (given.Node != Id || !given.IsSigned(signatures) || _challenges is null || !await _challenges.IsWrongAsync(given))
            return;
        await Jail("does not hold the file of a model that it offers");
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(Id), default);
        await ledger.CommitAsync(CaseRules.WeightChallengeFailed(given, collateral, options.Request, now, options.AppealWindow), default);
    }

    private async Task ChallengeWeights()
    {
        if (_link is null || record.State.State != NodeState.Active)
            return;
        _challenges ??= new WeightChallenges(weights, GrainFactory, options);
        var now = time.GetUtcNow();
        if (_challenges.TakeOverdue(now))
            await Observe((int)ObservationKind.Silent, Hash32.Zero.ToString());
        if (await _challenges.NextAsync(_subscriptions, now) is { } challenge)
            await Send(challenge.ToBytes());
    }

    public async Task SetUnbonding(long micros)
    {
        if (record.State.UnbondingMicros == micros)
            return;
        record.State.UnbondingMicros = micros;
        await record.WriteStateAsync();
        await CheckCollateral();
    }

    /// <summary>Collateral that stays.</summary>
    private async Task<Micros> CountedAsync() =>
        Micros.Max(Micros.Zero, await ledger.BalanceAsync(LedgerAccount.Collateral(Id), default) - new Micros(record.State.UnbondingMicros));

    /// <summary>P2.2: a node whose collateral has fallen below the minimum is not drawn.</summary>
    private async Task CheckCollateral()
    {
        var before = (Terms, _collateral.Value >= options.CollateralMinMicros);
        _collateral = await CountedAsync();
        var suffices = _collateral.Value >= options.CollateralMinMicros;
        if (before == (Terms, suffices) || record.State.State != NodeState.Active || _link is null)
            return;
        if (suffices)
            await Offer(_subscriptions);
        else
            await Withdraw(_subscriptions);
    }
}
