namespace Atoma.Grains;

/// <summary>Whether this process has seen the network work: ready means a token was generated and accepted.</summary>
public sealed class NetworkStatus
{
    private volatile bool _ready;

    public bool IsReady => _ready;

    /// <summary>A request was settled, or a local engine answered its known prompts.</summary>
    public void MarkServed() => _ready = true;
}
