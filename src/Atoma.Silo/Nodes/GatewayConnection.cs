using System.Runtime.CompilerServices;
using Atoma.Protocol.Nodes;
using Atoma.Silo.Gateway.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Atoma.Silo.Nodes;

/// <summary>A node's connection to a network's gateway over gRPC.</summary>
internal sealed class GatewayConnection : INodeConnection
{
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<NodeFrame, CoordinatorFrame> _call;

    private GatewayConnection(GrpcChannel channel, AsyncDuplexStreamingCall<NodeFrame, CoordinatorFrame> call)
    {
        _channel = channel;
        _call = call;
    }

    public static GatewayConnection Open(Uri gateway, CancellationToken cancellationToken)
    {
        var channel = GrpcChannel.ForAddress(gateway, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = NodeLimits.MessageBytes * 2,
            MaxSendMessageSize = NodeLimits.MessageBytes * 2,
        });
        return new GatewayConnection(channel, new NodeGateway.NodeGatewayClient(channel).Connect(cancellationToken: cancellationToken));
    }

    public async IAsyncEnumerable<CoordinatorMessage> Messages([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _call.ResponseStream.MoveNext(cancellationToken))
            yield return CoordinatorMessage.FromBytes(_call.ResponseStream.Current.Body.Span);
    }

    public Task SendAsync(SignedFrame frame, CancellationToken cancellationToken) =>
        _call.RequestStream.WriteAsync(
            new NodeFrame { Sequence = frame.Sequence, Body = ByteString.CopyFrom(frame.Body), Signature = ByteString.CopyFrom(frame.Signature) },
            cancellationToken);

    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }
}
