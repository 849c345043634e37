using System.Diagnostics;
using Atoma.Ethereum.Keys;

namespace Atoma.Network.Tests;

/// <summary>An independent node in a process of its own, joined through the gateway.</summary>
internal sealed class LiveNode : IAsyncDisposable
{
    private readonly Process _process;

    private LiveNode(Process process, string id)
    {
        _process = process;
        Id = id;
    }

    public string Id { get; }

    public static async Task<LiveNode> JoinAsync(LiveNetwork network, string name, params string[] arguments)
    {
        var keyFile = Path.Combine(network.Data, name + ".key");
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new List<string>();
        var process = LiveNetwork.Run(LiveNetwork.Program("Atoma.Silo"),
            ["node", "--gateway", $"http://127.0.0.1:{network.GatewayPort}", "--key", keyFile, .. arguments], line =>
            {
                lock (output)
                {
                    output.Add(line);
                }

                if (line.StartsWith("Joined ", StringComparison.Ordinal))
                    joined.TrySetResult();
            });
        _ = process.WaitForExitAsync().ContinueWith(_ => joined.TrySetException(new InvalidOperationException(string.Join('\n', output))), TaskScheduler.Default);
        await joined.Task.WaitAsync(TimeSpan.FromSeconds(90));
        using var key = KeyFile.Load(keyFile);
        return new LiveNode(process, key.Id.ToString());
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Stops the process without ending it (SIGSTOP), as a machine that hangs would.</summary>
    public Task PauseAsync() => SignalAsync("-STOP");

    public Task ContinueAsync() => SignalAsync("-CONT");

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString()]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
