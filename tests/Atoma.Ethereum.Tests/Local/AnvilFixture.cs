using Atoma.Ethereum.Local;

namespace Atoma.Ethereum.Tests.Local;

/// <summary>One real chain for the tests of a class that do not disturb each other.</summary>
public sealed class AnvilFixture : IAsyncLifetime
{
    public LocalChain Chain { get; private set; } = null!;

    public async Task InitializeAsync() =>
        Chain = await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find() }, TimeProvider.System, CancellationToken.None);

    public async Task DisposeAsync() => await Chain.DisposeAsync();
}
