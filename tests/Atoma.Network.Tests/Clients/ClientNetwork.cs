namespace Atoma.Network.Tests.Clients;

/// <summary>One network for all clients, with little money: enough for the tours, not for eight long answers that three check.</summary>
public sealed class ClientNetwork : IAsyncLifetime
{
    public LiveNetwork Network { get; private set; } = null!;

    public Uri Address => new($"http://127.0.0.1:{Network.ApiPort}/v1");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("atoma-clients-");

    public static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Atoma.sln")))
                folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
            return folder.FullName;
        }
    }

    public async Task InitializeAsync()
    {
        var model = Path.Combine(_folder.FullName, "tools.gguf");
        ToolModel.Write(model, await File.ReadAllTextAsync(Path.Combine(Repository, "tests/Atoma.Inference.Tests/Tokens/Templates/chatml-tools.jinja")));
        Network = await LiveNetwork.StartAsync("--nodes", "4", "--dev-balance", "60000", "--model", $"{LiveNetwork.Model}={model}");
    }

    public async Task DisposeAsync()
    {
        // Nothing that the clients did loses or makes money.
        Assert.Equal(0, await Network.DifferenceAsync());
        await Network.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

[CollectionDefinition(Name)]
public sealed class ClientCollection : ICollectionFixture<ClientNetwork>
{
    public const string Name = "clients";
}
