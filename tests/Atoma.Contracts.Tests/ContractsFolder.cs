using System.Diagnostics;

namespace Atoma.Contracts.Tests;

/// <summary>The folder contracts/ and its scripts.</summary>
internal static class ContractsFolder
{
    /// <summary>Compiling takes 20 s on a quiet machine, the tests 30 s; a busy one is given ten times that.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    public static string Root { get; } = Path.Combine(FindRepository(), "contracts");

    /// <summary>Runs <c>node contracts/SCRIPT ARGUMENTS</c> and fails with its output unless it exits with 0.</summary>
    public static async Task RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Root, script), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{script} was not done after {Timeout}.");
        }
        Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}:\n{await output}\n{await errors}");
    }

    private static string FindRepository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "Atoma.sln")))
                return directory.FullName;
        throw new DirectoryNotFoundException($"No Atoma.sln above {AppContext.BaseDirectory}.");
    }
}
