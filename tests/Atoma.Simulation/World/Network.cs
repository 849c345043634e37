using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Simulation.Core;
using Atoma.Simulation.Nodes;

namespace Atoma.Simulation.World;

/// <summary>
/// Connections between nodes and the coordinator, as the gateway has them: in a session each message has the next number, so
/// one that is lost, repeated or overtaken ends the session. Latency is drawn for each message; order within a session is kept
/// except where a fault breaks it.
/// </summary>
internal sealed class Network(SimWorld world)
{
    private const int ReconnectMs = 700;

    private sealed class Wire(Hash32 session)
    {
        public Hash32 Session => session;

        public ulong Sent { get; set; }

        public ulong Received { get; set; }

        public long UpFreeAt { get; set; }

        public long DownFreeAt { get; set; }

        public bool IsOpen { get; set; } = true;
    }

    private readonly Dictionary<NodeId, Wire> _wires = [];

    private Faults Faults => world.Scenario.Faults;

    /// <summary>Opens a session, now or as soon as the coordinator is up.</summary>
    public void Connect(SimNode node)
    {
        if (!node.IsUp)
            return;
        if (world.Coordinator is not { } coordinator)
        {
            node.After(ReconnectMs, () => Connect(node));
            return;
        }

        Cut(node);
        if (!coordinator.Connected(node))
            return;
        _wires[node.Id] = new Wire(world.Random.Hash());
    }

    /// <summary>The node's end is gone; the coordinator learns of it.</summary>
    public void Cut(SimNode node)
    {
        if (!_wires.Remove(node.Id, out var wire))
            return;
        wire.IsOpen = false;
        world.Time.After(world.Random.Below(50), () =>
        {
            // A new session may stand by then.
            if (!_wires.ContainsKey(node.Id))
                world.Coordinator?.Lost(node);
        });
    }

    /// <summary>The coordinator's end is gone: every session ends, nodes come back when it does.</summary>
    public void CutAll()
    {
        foreach (var node in world.Nodes)
        {
            if (_wires.Remove(node.Id, out var wire))
                wire.IsOpen = false;
            node.IsTouched = true;
            node.After(ReconnectMs + world.Random.Below(500), () => Connect(node));
        }
    }

    public bool IsConnected(SimNode node) => _wires.ContainsKey(node.Id);

    public void ToCoordinator(SimNode node, NodeMessage message)
    {
        if (!_wires.TryGetValue(node.Id, out var wire))
            return;
        var number = ++wire.Sent;
        var frame = world.UsesBytes ? SignedFrame.Sign(node.Key, wire.Session, number, message) : null;
        world.Trace(() => $"{node} → {message.GetType().Name} {number}");
        if (Happens(node, Faults.Loss, "loses a message"))
            return;
        var copies = Happens(node, Faults.Duplicate, "repeats a message") ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var delay = Latency(node);
            var at = Math.Max(wire.UpFreeAt, world.Time.ElapsedMs + delay);
            if (Happens(node, Faults.Reorder, "lets a message overtake"))
                at += 200;
            else
                wire.UpFreeAt = at;
            world.Time.After(at - world.Time.ElapsedMs, () => Arrive(node, wire, number, frame, message));
        }
    }

    private void Arrive(SimNode node, Wire wire, ulong number, SignedFrame? frame, NodeMessage message)
    {
        if (!wire.IsOpen || world.Coordinator is not { } coordinator)
            return;
        if (number != wire.Received + 1)
        {
            world.Trace(() => $"{node} session ends: message {number} where {wire.Received + 1} was due");
            Cut(node);
            node.After(ReconnectMs, () => Connect(node));
            return;
        }

        wire.Received = number;
        if (frame is not null)
        {
            Invariant.Assert(frame.IsSigned(world.Signatures, wire.Session, node.Id));
            message = NodeMessage.FromBytes(frame.Body);
        }

        coordinator.Receive(node, message);
        // A grain's call may be repeated by whoever made it: above the session, the machine itself must bear it.
        if (message is not (NodeMessage.Progress or NodeMessage.Scored) && world.Random.Chance(Faults.RepeatedCall))
            world.Coordinator?.Receive(node, message);
    }

    /// <summary>False when the node cannot be reached.</summary>
    public bool ToNode(SimNode node, CoordinatorMessage message)
    {
        if (!_wires.TryGetValue(node.Id, out var wire))
            return false;
        if (world.UsesBytes)
            message = CoordinatorMessage.FromBytes(message.ToBytes());
        if (Happens(node, Faults.Loss, "misses a message") || world.Interferes(node, message))
            return true;
        var copies = Happens(node, Faults.Duplicate, "gets a message twice") ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var at = Math.Max(wire.DownFreeAt, world.Time.ElapsedMs + Latency(node));
            wire.DownFreeAt = at;
            world.Time.After(at - world.Time.ElapsedMs, () =>
            {
                if (wire.IsOpen)
                    node.Handle(message);
            });
        }

        return true;
    }

    private long Latency(SimNode node)
    {
        if (Happens(node, Faults.Spike, "is slow"))
            return world.Random.Between(1_000, Faults.SpikeMaxMs);
        return world.Random.Between(1, 40);
    }

    private bool Happens(SimNode node, double probability, string what)
    {
        if (probability == 0 || !world.Random.Chance(probability))
            return false;
        node.IsTouched = true;
        world.Trace(() => $"fault: {node} {what}");
        return true;
    }
}
