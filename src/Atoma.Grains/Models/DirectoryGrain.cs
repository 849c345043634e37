using Atoma.Grains.Abstractions;

namespace Atoma.Grains.Models;

[GenerateSerializer, Alias("atoma.DirectoryRecord")]
internal sealed class DirectoryRecord
{
    [Id(0)] public List<string> Nodes { get; set; } = [];

    [Id(1)] public List<string> Models { get; set; } = [];

    /// <summary>Nodes that are unbonding.</summary>
    [Id(2)] public List<string> Leaving { get; set; } = [];
}

/// <summary>Owns the names of all nodes and models.</summary>
internal sealed class DirectoryGrain([PersistentState("directory")] IPersistentState<DirectoryRecord> record) : Grain, IDirectoryGrain
{
    public Task AddNode(string node) => Add(record.State.Nodes, node);

    public Task AddModel(string model) => Add(record.State.Models, model);

    public Task<IReadOnlyList<string>> Nodes() => Task.FromResult<IReadOnlyList<string>>([.. record.State.Nodes]);

    public Task<IReadOnlyList<string>> Models() => Task.FromResult<IReadOnlyList<string>>([.. record.State.Models]);

    public async Task SetLeaving(string node, bool isLeaving)
    {
        if (isLeaving)
            await Add(record.State.Leaving, node);
        else if (record.State.Leaving.Remove(node))
            await record.WriteStateAsync();
    }

    public Task<IReadOnlyList<string>> Leaving() => Task.FromResult<IReadOnlyList<string>>([.. record.State.Leaving]);

    private async Task Add(List<string> names, string name)
    {
        if (names.Contains(name, StringComparer.Ordinal))
            return;
        names.Add(name);
        await record.WriteStateAsync();
    }
}
