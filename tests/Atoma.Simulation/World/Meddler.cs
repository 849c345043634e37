using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Simulation.World;

/// <summary>
/// A node that speaks about a request that is not its own, with words that would be right from who was drawn. ([C] let any node
/// freeze any payment.)
/// </summary>
internal static class Meddler
{
    public static void Speak(SimWorld world)
    {
        var open = world.Disk.Ledger.Requests.Where(r => r.Open).ToArray();
        if (open.Length == 0)
            return;
        var request = world.Random.Pick(open).Id;
        var node = world.Random.Pick(world.Nodes);
        if (!node.IsUp || world.Auditor.TakesPart(request, node.Id))
            return;
        var subject = world.Random.Hash();
        var outcome = CheckOutcome.Mismatch(0, "meddles");
        // What is signed outlives this moment: drawn for the request later, the node would have committed twice. No honest one signs it.
        NodeMessage message = (node.Conduct.IsHonest ? 3 : world.Random.Below(4)) switch
        {
            0 => new NodeMessage.Commit(Commitment.Sign(node.Key, request, subject)),
            1 => new NodeMessage.CommitVote(VoteCommitment.Sign(node.Key, request, subject, VoteCommitment.ValueOf(request, subject, node.Id, outcome.Verdict, 0, Hash32.Zero))),
            2 => new NodeMessage.CastVote(Vote.Sign(node.Key, request, subject, outcome, Hash32.Zero)),
            _ => new NodeMessage.Refuse(request, "no"),
        };
        node.Say(message);
    }
}
