using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Support;

/// <summary>The small models beside the repository (../shared/models) and the committed demo model.</summary>
internal static class TestModels
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string file) => file.StartsWith("atoma-", StringComparison.Ordinal)
        ? Path.Combine(Root, "models", file)
        : Path.GetFullPath(Path.Combine(Root, "..", "shared", "models", file));

    public static string F16 => PathOf("stories260K-f16.gguf");

    /// <summary>One of each weight format that there is; the demo model once it is committed.</summary>
    public static IReadOnlyList<string> Present { get; } = new[]
    {
        "stories260K-f16.gguf", "stories260K-q8_0.gguf", "stories260K-q4_0.gguf", "stories260K-f32.gguf", "atoma-demo.gguf",
    }.Where(f => File.Exists(PathOf(f))).ToArray();

    /// <summary>Null when the stories models are there, else why a test cannot run. In CI nothing is skipped: there a missing model is a fault.</summary>
    public static string? Missing { get; } =
        File.Exists(F16) || Environment.GetEnvironmentVariable("CI") == "true" ? null : "needs ../shared/models (stories260K-*.gguf), which is not beside this checkout";

    public static EngineOptions Options(string file, int slots = 8) => new()
    {
        ModelPath = PathOf(file),
        Slots = slots,
        ContextTokens = 512,
        Threads = 1, // two spinning threads on two busy cores fall to a few tokens a second
    };

    public static Task<LlamaEngine> LoadAsync(string file, int slots = 8) => LoadAsync(Options(file, slots));

    public static Task<LlamaEngine> LoadAsync(EngineOptions options) =>
        LlamaEngine.LoadAsync(options, NullLogger.Instance).WaitAsync(TestTimeouts.Load);

    public static void InitialiseLibrary() => LlamaRuntime.Initialise(new LlamaLibraryOptions(), NullLogger.Instance);

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Atoma.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("No Atoma.sln above the test's folder.");
        return directory;
    }
}

/// <summary>Generous: the machine may be busy. A passing test never waits for one.</summary>
internal static class TestTimeouts
{
    public static readonly TimeSpan Load = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(60);
}

/// <summary>A test that needs the stories models.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ModelFactAttribute : FactAttribute
{
    public ModelFactAttribute() => Skip = TestModels.Missing;
}

/// <summary>A theory that needs the stories models.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ModelTheoryAttribute : TheoryAttribute
{
    public ModelTheoryAttribute() => Skip = TestModels.Missing;
}
