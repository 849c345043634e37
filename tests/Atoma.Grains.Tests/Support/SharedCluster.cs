namespace Atoma.Grains.Tests.Support;

/// <summary>The one cluster that most tests share; each brings its own model, nodes and account.</summary>
public sealed class SharedCluster : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();

    internal GrainCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await GrainCluster.StartAsync(_folder, durableGrains: false);

    public async Task DisposeAsync()
    {
        var books = await Cluster.Ledger.AuditAsync(default);
        await Cluster.DisposeAsync();
        Assert.True(books.IsExact, $"After all tests of the shared cluster the books are off: {books}");
    }

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class ClusterCollection : ICollectionFixture<SharedCluster>
{
    public const string Name = "grain cluster";
}
