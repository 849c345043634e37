using System.Threading.Channels;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Silo.Gateway.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Atoma.Silo.Gateway;

/// <summary>The gRPC door for independent nodes.</summary>
internal sealed class NodeGatewayService(
    IGrainFactory grains, ISignatureScheme signatures, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<NodeGatewayService> log)
    : NodeGateway.NodeGatewayBase
{
    /// <summary>Messages waiting for a slow node. One that lets more pile up is cut off: its leases and deadlines would pass anyway.</summary>
    private const int OutgoingMax = 1024;

    /// <summary>Time a connection has to say hello.</summary>
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(30);

    public override async Task Connect(IAsyncStreamReader<NodeFrame> requestStream, IServerStreamWriter<CoordinatorFrame> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var outgoing = Channel.CreateBounded<CoordinatorMessage>(OutgoingMax);
        await using var session = new NodeSession(grains, signatures, time, Post, log);
        var writing = WriteAsync(outgoing.Reader, responseStream, ending.Token);
        try
        {
            await session.OpenAsync();
            using var hello = new CancellationTokenSource(HelloTimeout, time);
            using var first = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, hello.Token);
            while (await requestStream.MoveNext(session.Node is null ? first.Token : ending.Token))
            {
                if (!await session.ReceiveAsync(Frame(requestStream.Current)))
                    break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RpcException or InvalidOperationException)
        {
            log.GatewayConnectionEnded(session.Node?.ToString() ?? "unknown", e.Message);
        }
        finally
        {
            outgoing.Writer.TryComplete();
            await writing;
        }

        ValueTask<bool> Post(CoordinatorMessage message)
        {
            if (outgoing.Writer.TryWrite(message))
                return ValueTask.FromResult(true);
            outgoing.Writer.TryComplete();
            ending.Cancel();
            return ValueTask.FromResult(false);
        }
    }

    private static SignedFrame Frame(NodeFrame frame) => new(frame.Sequence, frame.Body.ToByteArray(), frame.Signature.ToByteArray());

    private async Task WriteAsync(ChannelReader<CoordinatorMessage> messages, IServerStreamWriter<CoordinatorFrame> stream, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in messages.ReadAllAsync(cancellationToken))
                await stream.WriteAsync(new CoordinatorFrame { Body = ByteString.CopyFrom(message.ToBytes()) }, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RpcException or InvalidOperationException)
        {
            log.GatewayConnectionEnded("unknown", e.Message);
        }
    }
}
