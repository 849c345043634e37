using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Native;

public class LlamaRuntimeTests
{
    [Fact]
    public void Initialise_OtherVariantInTheSameProcess_IsRefused()
    {
        TestModels.InitialiseLibrary();
        var other = new LlamaLibraryOptions { CpuVariant = "sse42" };
        var exception = Assert.Throws<InferenceException>(() => LlamaRuntime.Initialise(other, NullLogger.Instance));
        Assert.Equal(InferenceError.BackendConflict, exception.Error);
    }

    [Fact]
    public void Locate_NoFolder_NamesTheFolder()
    {
        var options = new LlamaLibraryOptions { Directory = Path.Combine(Path.GetTempPath(), "no-such-folder") };
        var exception = Assert.Throws<InferenceException>(() => LlamaLibraryFiles.Locate(options));
        Assert.Equal(InferenceError.LibraryMissing, exception.Error);
        Assert.Contains("no-such-folder", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Locate_UnknownVariant_IsRefused()
    {
        var exception = Assert.Throws<InferenceException>(() => LlamaLibraryFiles.Locate(new LlamaLibraryOptions { CpuVariant = "pentium" }));
        Assert.Equal(InferenceError.BackendUnsupported, exception.Error);
    }

    [Fact]
    public void Locate_PinnedBuild_FindsAbsolutePathsOfTheRightLibraries()
    {
        var files = LlamaLibraryFiles.Locate(new LlamaLibraryOptions());
        Assert.All(new[] { files.Llama, files.Ggml, files.GgmlBase, files.Backend }, p => Assert.True(Path.IsPathFullyQualified(p) && File.Exists(p)));
        Assert.DoesNotContain("common", files.Llama, StringComparison.Ordinal);
        Assert.Contains("ggml-base", files.GgmlBase, StringComparison.Ordinal);
        Assert.DoesNotContain("base", files.Ggml, StringComparison.Ordinal);
    }
}
