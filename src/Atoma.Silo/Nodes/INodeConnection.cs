using Atoma.Protocol.Nodes;

namespace Atoma.Silo.Nodes;

/// <summary>A node's end of its connection, through either door.</summary>
internal interface INodeConnection : IAsyncDisposable
{
    /// <summary>What the coordinator says, until the connection ends.</summary>
    IAsyncEnumerable<CoordinatorMessage> Messages(CancellationToken cancellationToken);

    /// <summary>Sends a signed frame, in order.</summary>
    Task SendAsync(SignedFrame frame, CancellationToken cancellationToken);
}
