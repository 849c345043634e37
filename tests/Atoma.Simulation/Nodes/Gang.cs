using Atoma.Protocol.Common;

namespace Atoma.Simulation.Nodes;

/// <summary>What the adversary's nodes know together: who they are and which outputs are theirs.</summary>
internal sealed class Gang
{
    private readonly HashSet<NodeId> _members = [];
    private readonly HashSet<Hash32> _outputs = [];

    public void Join(NodeId node) => _members.Add(node);

    public bool Has(NodeId node) => _members.Contains(node);

    public void Made(Hash32 output) => _outputs.Add(output);

    public bool IsOurs(Hash32 output) => _outputs.Contains(output);
}
