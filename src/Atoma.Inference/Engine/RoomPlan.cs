namespace Atoma.Inference.Engine;

/// <summary>How a model gets room in a budget: what is unloaded now, and what takes no more tasks so that it can be unloaded once idle.</summary>
/// <param name="Fits">There is room already: load it now.</param>
/// <param name="Unload">Idle models, least recently used first; no more than needed.</param>
/// <param name="Drain">Models at work, least recently used first; only where unloading all idle ones is not enough.</param>
internal sealed record RoomPlan(bool Fits, IReadOnlyList<PooledModel> Unload, IReadOnlyList<PooledModel> Drain)
{
    public static RoomPlan None { get; } = new(false, [], []);

    /// <param name="models">All models of the pool.</param>
    /// <param name="wanted">Is on disk.</param>
    /// <param name="budgetBytes">At least what <paramref name="wanted"/> takes.</param>
    public static RoomPlan For(IReadOnlyCollection<PooledModel> models, PooledModel wanted, long budgetBytes)
    {
        var free = budgetBytes - models.Where(m => m.State != PooledState.OnDisk).Sum(m => m.Bytes);
        if (wanted.Bytes <= free)
            return new RoomPlan(true, [], []);
        var missing = wanted.Bytes - free - models.Where(m => m.State == PooledState.Unloading).Sum(m => m.Bytes);
        List<PooledModel> unload = [];
        List<PooledModel> drain = [];
        foreach (var model in models.Where(m => m.State == PooledState.Loaded).OrderBy(m => m.Leases > 0).ThenBy(m => m.LastUse))
        {
            if (missing <= 0)
                break;
            (model.Leases > 0 ? drain : unload).Add(model);
            missing -= model.Bytes;
        }

        return new RoomPlan(false, unload, drain);
    }
}
