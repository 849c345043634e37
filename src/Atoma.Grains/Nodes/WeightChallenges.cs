using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Nodes;

/// <summary>The weight challenges of one node (P7.6): one at a time, an epoch apart, each for another of its models.</summary>
internal sealed class WeightChallenges(IModelWeights weights, IGrainFactory grains, NetworkOptions options)
{
    /// <summary>Time to answer: eight pages of a file, also from a slow disk and behind a long queue.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(60);

    private (Hash32 Seed, ModelManifest Model, DateTimeOffset Due)? _pending;
    private DateTimeOffset _next;
    private int _turn;

    /// <summary>The challenge to send now; null for none.</summary>
    public async Task<CoordinatorMessage.AskWeights?> NextAsync(IReadOnlyList<Subscription> subscriptions, DateTimeOffset now)
    {
        if (_pending is not null || now < _next || subscriptions.Count == 0)
            return null;
        _next = now.AddSeconds(options.EpochSeconds);
        var model = subscriptions[_turn++ % subscriptions.Count].Model;
        // Nobody is asked what nobody here can judge.
        if (await weights.AnswerAsync(model, Hash32.Zero, default) is null)
            return null;
        var seed = Hash32.Parse((await grains.GetGrain<IBeaconGrain>(Keys.Beacon).Next(1))[0].Value);
        _pending = (seed, model, now + AnswerTime);
        return new CoordinatorMessage.AskWeights(seed, model.Digest);
    }

    /// <summary>Whether an answer is overdue; it is then no longer waited for.</summary>
    public bool TakeOverdue(DateTimeOffset now)
    {
        if (_pending is not { } pending || now < pending.Due)
            return false;
        _pending = null;
        return true;
    }

    /// <summary>The connection ended: what was asked on it is not waited for.</summary>
    public void Drop() => _pending = null;

    /// <summary>Whether an answer is wrong; false also for one that nobody asked for.</summary>
    public async Task<bool> IsWrongAsync(WeightAnswer answer)
    {
        if (_pending is not { } pending || pending.Seed != answer.Seed || pending.Model.Digest != answer.Model)
            return false;
        _pending = null;
        return await weights.AnswerAsync(pending.Model, pending.Seed, default) is { } right && right != answer.Digest;
    }
}
