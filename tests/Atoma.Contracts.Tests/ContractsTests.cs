using System.Runtime.InteropServices;

namespace Atoma.Contracts.Tests;

/// <summary>contracts/ as CI sees it: what is committed is what the source gives, and forge's tests pass on it.</summary>
public class ContractsTests
{
    [Fact]
    public Task Artifacts_AreWhatTheSourceGives() => ContractsFolder.RunAsync("compile.mjs", "--check");

    /// <summary>Unit tests, a short campaign of random calls, and the bounds on gas.</summary>
    [SkippableFact]
    public Task ForgeTests_Pass()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64, "forge is pinned for linux-x64");
        return ContractsFolder.RunAsync("test.mjs");
    }
}
