using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>The right to use an engine: it stays in memory until every lease of it is disposed.</summary>
public sealed class EngineLease : IDisposable
{
    private readonly IInferenceEngine _engine;
    private Action? _release;

    internal EngineLease(IInferenceEngine engine, Action release)
    {
        _engine = engine;
        _release = release;
    }

    /// <exception cref="ObjectDisposedException">The lease was given back: the engine may be gone.</exception>
    public IInferenceEngine Engine
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _release) is null, this);
            return _engine;
        }
    }

    /// <summary>Gives the engine back. A second call does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
