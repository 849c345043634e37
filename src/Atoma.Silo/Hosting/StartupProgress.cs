namespace Atoma.Silo.Hosting;

/// <summary>Tells a person what the start is doing, and the host when it is done.</summary>
public sealed class StartupProgress(TextWriter output)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when all local nodes serve; fails when one cannot.</summary>
    public Task Done => _done.Task;

    public void Say(string line) => output.WriteLine("  " + line);

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception reason) => _done.TrySetException(reason);
}
