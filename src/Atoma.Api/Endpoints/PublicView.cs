using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints;

/// <summary>What the public pages show, read at most once per <see cref="Limits.PublicViewTime"/> however many look.</summary>
internal sealed class PublicView(IGrainFactory grains, Limits limits, TimeProvider time)
{
    private readonly Fresh<NetworkInfo> _network = new(limits.PublicViewTime, time, () => grains.GetGrain<IBooksGrain>(Keys.Books).Network());
    private readonly Fresh<IReadOnlyList<NodeInfo>> _nodes = new(limits.PublicViewTime, time, () => ReadNodesAsync(grains));
    private readonly Fresh<IReadOnlyList<string>> _models = new(limits.PublicViewTime, time, () => grains.GetGrain<IDirectoryGrain>(Keys.Directory).Models());
    private readonly Fresh<IReadOnlyList<SlashInfo>> _slashes = new(
        limits.PublicViewTime, time, () => grains.GetGrain<IBooksGrain>(Keys.Books).Slashes("", limits.ListEntries));

    private readonly Fresh<IReadOnlyList<ReviewSummary>> _reviews = new(
        limits.PublicReviewsTime, time, () => grains.GetGrain<IBooksGrain>(Keys.Books).RecentReviews(limits.Reviews));
    private readonly Fresh<IReadOnlyList<(string Model, IReadOnlyList<string> Levels)>> _levels = new(limits.PublicViewTime, time, () => ReadLevelsAsync(grains, limits));

    public Task<NetworkInfo> NetworkAsync() => _network.GetAsync();

    /// <summary>By address.</summary>
    public Task<IReadOnlyList<NodeInfo>> NodesAsync() => _nodes.GetAsync();

    public Task<IReadOnlyList<string>> ModelsAsync() => _models.GetAsync();

    public Task<IReadOnlyList<SlashInfo>> SlashesAsync() => _slashes.GetAsync();

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<ReviewSummary>> ReviewsAsync() => _reviews.GetAsync();

    /// <summary>By model: the levels that it can be asked for now.</summary>
    public Task<IReadOnlyList<(string Model, IReadOnlyList<string> Levels)>> LevelsAsync() => _levels.GetAsync();

    private static async Task<IReadOnlyList<(string Model, IReadOnlyList<string> Levels)>> ReadLevelsAsync(IGrainFactory grains, Limits limits)
    {
        var models = await grains.GetGrain<IDirectoryGrain>(Keys.Directory).Models();
        return await Task.WhenAll(models.Order(StringComparer.Ordinal).Take(limits.ListEntries).Select(async m => (m, await grains.GetGrain<IQuoteGrain>(Keys.Quote(m)).Levels())));
    }

    private static async Task<IReadOnlyList<NodeInfo>> ReadNodesAsync(IGrainFactory grains)
    {
        var ids = await grains.GetGrain<IDirectoryGrain>(Keys.Directory).Nodes();
        var nodes = await Task.WhenAll(ids.Order(StringComparer.OrdinalIgnoreCase).Select(id => grains.GetGrain<INodeGrain>("node:" + id).Describe()));
        return [.. nodes.OfType<NodeInfo>()];
    }
}

/// <summary>One value, read again when it is too old; callers that come at once share one reading.</summary>
internal sealed class Fresh<T>(TimeSpan age, TimeProvider time, Func<Task<T>> read)
{
    private readonly Lock _gate = new();
    private Task<T>? _current;
    private long _readAt;

    public Task<T> GetAsync()
    {
        lock (_gate)
        {
            var old = _current is null || (_current.IsCompleted && (!_current.IsCompletedSuccessfully || time.GetElapsedTime(_readAt) >= age));
            if (old)
            {
                _readAt = time.GetTimestamp();
                _current = read();
            }

            return _current!;
        }
    }
}
