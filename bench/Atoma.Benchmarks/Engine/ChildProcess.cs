using System.Diagnostics;

namespace Atoma.Benchmarks.Engine;

/// <summary>This program once more: a process has one llama.cpp build and one CPU variant.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a command of this program to its end and returns its output; its errors go to ours.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("This process does not know its own program.");
        // Started as 'dotnet Atoma.Benchmarks.dll' the program is the host, and wants to be told.
        string[] assembly = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ChildProcess).Assembly.Location] : [];
        using var process = Process.Start(new ProcessStartInfo(program, [.. assembly, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new InvalidOperationException($"{program} did not start.");
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
