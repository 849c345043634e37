using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Sampling;

namespace Atoma.Simulation.World;

/// <summary>What survives a crash: the books, the beacon's record and the nodes' states. Each write happens whole or not at all.</summary>
internal sealed class Disk(Hash32[][] chains)
{
    /// <summary>The protocol's slow, obviously right books.</summary>
    public LedgerModel Ledger { get; } = new();

    public int Chain { get; set; }

    /// <summary>Last step marked as used; 0 for none.</summary>
    public int Step { get; set; }

    public Dictionary<NodeId, NodeState> States { get; } = [];

    /// <summary>When a jail for silence ends.</summary>
    public Dictionary<NodeId, DateTimeOffset> JailedUntil { get; } = [];

    public Dictionary<NodeId, NodeStanding> Standings { get; } = [];

    public BeaconReveal Reveal(int chain, int step) => new(chain, chains[chain][0], step, chains[chain][step]);

    public IReadOnlyList<SlashRow> CasesOf(NodeId node)
    {
        var name = node.ToString();
        return [.. Ledger.Slashes.Where(s => s.Node == name)];
    }

    public SlashRow? FindCase(Hash32 id)
    {
        foreach (var row in Ledger.Slashes)
        {
            if (row.Id == id)
                return row;
        }

        return null;
    }

    public RequestRow? Find(Hash32 request)
    {
        foreach (var row in Ledger.Requests)
        {
            if (row.Id == request)
                return row;
        }

        return null;
    }
}
