using System.Collections.Concurrent;

namespace Atoma.Grains.Tests.Support;

/// <summary>Calls of grains that fail as a lost silo's do, until a test lets them through again.</summary>
internal sealed class CallFaults
{
    private readonly ConcurrentDictionary<(string Grain, string Method), int> _failing = new();

    /// <summary>Every call of this method of this grain fails from now on.</summary>
    public void Fail(string grain, string method) => _failing[(grain, method)] = 0;

    /// <summary>Lets the calls through again; returns how many failed.</summary>
    public int Heal(string grain, string method) => _failing.TryRemove((grain, method), out var count) ? count : 0;

    public Task InvokeAsync(IIncomingGrainCallContext context)
    {
        var call = (context.TargetId.Key.ToString()!, context.MethodName);
        if (!_failing.ContainsKey(call))
            return context.Invoke();
        _failing.AddOrUpdate(call, 1, static (_, count) => count + 1);
        throw new TimeoutException($"{call} is not to be reached.");
    }
}
