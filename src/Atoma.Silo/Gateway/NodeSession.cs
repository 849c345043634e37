using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Silo.Gateway;

/// <summary>
/// The coordinator's end of one node connection, through either door: challenges the node, checks every frame's number and
/// signature, and passes what it says to its grains. A node is trusted no more for being in this process.
/// </summary>
internal sealed class NodeSession(
    IGrainFactory grains, ISignatureScheme signatures, TimeProvider time, Func<CoordinatorMessage, ValueTask<bool>> send, ILogger log)
    : INodeLink, IAsyncDisposable
{
    /// <summary>Messages of one node that wait for requests to take them: some for each sequence that a large node runs.</summary>
    private const int PassingMax = 1024;

    private readonly OrderedRelay _relay = new(PassingMax);
    private readonly Hash32 _session = new(RandomNumberGenerator.GetBytes(Hash32.Size));
    private INodeLink? _reference;
    private NodeId? _node;
    private ulong _received;

    /// <summary>The node, once let in.</summary>
    public NodeId? Node => _node;

    /// <summary>Sends the challenge that the node has to sign under.</summary>
    public async Task OpenAsync()
    {
        var beacon = await grains.GetGrain<IBeaconGrain>(Keys.Beacon).Current();
        await send(new CoordinatorMessage.Challenge(NodeLimits.ProtocolVersion, _session, beacon.Chain, Hash32.Parse(beacon.Anchor)));
    }

    /// <summary>Takes one frame. False: the connection must end; the node has been told why.</summary>
    public async Task<bool> ReceiveAsync(SignedFrame frame)
    {
        try
        {
            return _node is { } node ? await ReceiveFromAsync(node, frame) : await GreetAsync(frame);
        }
        catch (ProtocolVersionException e)
        {
            return await RefuseAsync(RefusalCode.ProtocolVersion, e.Message);
        }
        catch (CanonicalFormatException e)
        {
            return await RefuseAsync(RefusalCode.Malformed, $"A message does not decode: {e.Message}");
        }
    }

    public async Task<bool> Deliver(byte[] message) => await send(CoordinatorMessage.FromBytes(message));

    public async Task Close(int code, string reason) => await RefuseAsync((RefusalCode)code, reason);

    public async ValueTask DisposeAsync()
    {
        // What it said before it went counts.
        await _relay.DrainAsync();
        _relay.Dispose();
        if (_node is { } node)
            await grains.GetGrain<INodeGrain>(Keys.Node(node)).Disconnect(_session.ToString());
        if (_reference is not null)
            grains.DeleteObjectReference<INodeLink>(_reference);
        _reference = null;
    }

    private async Task<bool> GreetAsync(SignedFrame frame)
    {
        if (NodeMessage.FromBytes(frame.Body) is not NodeMessage.Hello hello)
            return await RefuseAsync(RefusalCode.Malformed, "The first message must be the hello.");
        var registration = hello.Registration;
        if (frame.Sequence != 1)
            return await RefuseAsync(RefusalCode.ReplayedMessage, $"The first message has number {frame.Sequence}, not 1.");
        if (!registration.IsSigned(signatures) || !frame.IsSigned(signatures, _session, registration.Node))
        {
            return await RefuseAsync(RefusalCode.BadSignature,
                $"The hello is not signed by {registration.Node} for this session: a wrong key, or a message of another session.");
        }

        var skew = Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - (long)Math.Min(registration.Timestamp, long.MaxValue / 2));
        if (skew > NodeLimits.RegistrationSkewSeconds)
            return await RefuseAsync(RefusalCode.Stale, $"The registration was signed {skew} s from now by this clock. Set the node's clock.");

        _reference = grains.CreateObjectReference<INodeLink>(this);
        _received = 1;
        var reply = await grains.GetGrain<INodeGrain>(Keys.Node(registration.Node)).Connect(new ConnectCall(_session.ToString(), frame.Body), _reference);
        if (reply.Code != 0)
            return await RefuseAsync((RefusalCode)reply.Code, reply.Reason);
        _node = registration.Node;
        await send(new CoordinatorMessage.Welcome(reply.State, reply.LeaseMs, new Micros(reply.CollateralMicros)));
        if (reply.State == "jailed")
            await send(new CoordinatorMessage.Notice($"This node is jailed and gets no work: it {reply.Reason}."));
        return true;
    }

    private async Task<bool> ReceiveFromAsync(NodeId node, SignedFrame frame)
    {
        if (frame.Sequence != _received + 1)
            return await RefuseAsync(RefusalCode.ReplayedMessage, $"Message {frame.Sequence} came where {_received + 1} was due: replayed or lost.");
        if (!frame.IsSigned(signatures, _session, node))
            return await RefuseAsync(RefusalCode.BadSignature, $"Message {frame.Sequence} is not signed by {node} for this session.");
        _received = frame.Sequence;
        switch (NodeMessage.FromBytes(frame.Body))
        {
            case NodeMessage.Heartbeat heartbeat:
                return await grains.GetGrain<INodeGrain>(Keys.Node(node)).Renew(_session.ToString(), heartbeat.Busy)
                    || await RefuseAsync(RefusalCode.Stale, "The lease ended before this heartbeat came. Connect anew.");
            case NodeMessage.Weights weights:
                await grains.GetGrain<INodeGrain>(Keys.Node(node)).Weights(weights.Answer.ToBytes());
                return true;
            case { RequestId: { } request }:
                await _relay.EnqueueAsync(request, () => PassOnAsync(node, request, frame.Body));
                return true;
            default:
                return await RefuseAsync(RefusalCode.Malformed, "A hello comes once.");
        }
    }

    private async Task PassOnAsync(NodeId node, Hash32 request, byte[] body)
    {
        try
        {
            await grains.GetGrain<IRequestGrain>(Keys.Request(request)).Receive(node.ToString(), body);
        }
        catch (Exception e)
        {
            // Whatever the grain met: the node is not at fault, and the request's own deadlines deal with a message that was lost.
            log.MessageNotPassed(node.ToString(), request.ToString(), e.Message);
        }
    }

    private async Task<bool> RefuseAsync(RefusalCode code, string reason)
    {
        log.NodeRefused(_node?.ToString() ?? "unknown", code.ToString(), reason);
        await send(new CoordinatorMessage.Goodbye(code, reason));
        return false;
    }
}
