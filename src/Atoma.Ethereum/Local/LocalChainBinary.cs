namespace Atoma.Ethereum.Local;

/// <summary>Where anvil is on this machine.</summary>
public static class LocalChainBinary
{
    /// <summary>Names the binary where the build did not fetch one.</summary>
    public const string Variable = "ATOMA_ANVIL";

    /// <summary>What the build writes beside an app that starts local chains (native/Chain.targets).</summary>
    private static readonly string PathFile = Path.Combine(AppContext.BaseDirectory, "chain", "anvil.path");

    /// <exception cref="LocalChainException">There is none.</exception>
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return named;
        return File.Exists(PathFile)
            ? File.ReadAllText(PathFile).Trim()
            : throw new LocalChainException($"No anvil was fetched for this platform. Install Foundry and set {Variable} to the path of its anvil.");
    }
}
