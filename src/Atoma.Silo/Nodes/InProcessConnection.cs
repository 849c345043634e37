using System.Threading.Channels;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Silo.Gateway;

namespace Atoma.Silo.Nodes;

/// <summary>The door for nodes in the silo's own process: the same session, frames and signatures, without the network between.</summary>
internal sealed class InProcessConnection : INodeConnection
{
    private readonly Channel<CoordinatorMessage> _messages = Channel.CreateUnbounded<CoordinatorMessage>();
    private readonly NodeSession _session;

    private InProcessConnection(IGrainFactory grains, ISignatureScheme signatures, TimeProvider time, ILogger log) =>
        _session = new NodeSession(grains, signatures, time, m => ValueTask.FromResult(_messages.Writer.TryWrite(m)), log);

    public static async Task<InProcessConnection> OpenAsync(IGrainFactory grains, ISignatureScheme signatures, TimeProvider time, ILogger log)
    {
        var connection = new InProcessConnection(grains, signatures, time, log);
        await connection._session.OpenAsync();
        return connection;
    }

    public IAsyncEnumerable<CoordinatorMessage> Messages(CancellationToken cancellationToken) => _messages.Reader.ReadAllAsync(cancellationToken);

    public async Task SendAsync(SignedFrame frame, CancellationToken cancellationToken)
    {
        if (!await _session.ReceiveAsync(frame))
            _messages.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await _session.DisposeAsync();
    }
}
