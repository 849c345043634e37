using System.Diagnostics;

namespace Atoma.Ethereum.Local;

/// <summary>
/// A child process that never outlives its owner. A shell stands in between and waits for the end of its input, a pipe that the
/// system closes when the owner is gone, however it went.
/// </summary>
internal sealed class LocalProcess : IAsyncDisposable
{
    /// <summary>Ends when the child does, and ends the child when the input does. A child that was asked to end may still save its state.</summary>
    private const string Guard =
        """
        "$@" </dev/null & child=$!
        ( read -r _; kill -TERM "$child" 2>/dev/null ) <&3 & reader=$!
        wait "$child"; code=$?
        kill "$reader" 2>/dev/null
        exit "$code"
        """;

    private const int ErrorsMaxChars = 2_000;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private string _errors = "";

    private LocalProcess(Process process) => _process = process;

    /// <summary>Of the shell, or of the child itself where there is no shell.</summary>
    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The end of what it wrote to standard error.</summary>
    public string LastErrors
    {
        get
        {
            lock (_lock)
                return _errors.Length == 0 ? "it said nothing" : _errors;
        }
    }

    public static LocalProcess Start(string path, IReadOnlyList<string> arguments)
    {
        var guarded = !OperatingSystem.IsWindows();
        var start = new ProcessStartInfo(guarded ? "/bin/sh" : path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // The child's input is not the pipe, so the shell keeps it under another number.
        foreach (var argument in (IEnumerable<string>)(guarded ? ["-c", "exec 3<&0\n" + Guard, "sh", path, .. arguments] : arguments))
            start.ArgumentList.Add(argument);

        var process = Process.Start(start) ?? throw new LocalChainException($"'{path}' cannot be started.");
        var started = new LocalProcess(process);
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) => started.Remember(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(EndPatience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private void Remember(string? line)
    {
        lock (_lock)
            _errors = (_errors + line + "\n") is var all && all.Length > ErrorsMaxChars ? all[^ErrorsMaxChars..] : all;
    }
}
