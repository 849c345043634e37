namespace Atoma.Network.Tests;

/// <summary>The small models beside the repository (../shared/models).</summary>
internal static class SharedModels
{
    public static string Stories { get; } = Path.GetFullPath(Path.Combine(Root(), "..", "shared", "models", "stories260K-f16.gguf"));

    /// <summary>Null when they are there, else why a test cannot run. In CI nothing is skipped: there a missing model is a fault.</summary>
    public static string? Missing { get; } =
        File.Exists(Stories) || Environment.GetEnvironmentVariable("CI") == "true" ? null : "needs ../shared/models (stories260K-f16.gguf), which is not beside this checkout";

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Atoma.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("No Atoma.sln above the test's folder.");
        return directory;
    }
}

/// <summary>A test that needs the stories model.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedModelFactAttribute : FactAttribute
{
    public SharedModelFactAttribute() => Skip = SharedModels.Missing;
}
