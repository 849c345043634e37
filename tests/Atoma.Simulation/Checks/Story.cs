using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Simulation.Checks;

/// <summary>What a witness saw of one request, beside what the coordinator says of it.</summary>
internal sealed class Story(RequestSpec spec)
{
    public RequestSpec Spec => spec;

    /// <summary>A life of the coordinator ended in the middle of it; what was seen before is not in its receipt.</summary>
    public bool WasOrphaned { get; set; }

    public List<DrawProof> Draws { get; } = [];

    /// <summary>The first valid commitment of each node (P3.4: it stands).</summary>
    public Dictionary<NodeId, Commitment> Commitments { get; } = [];

    public HashSet<(NodeId Node, Hash32 Subject)> VoteCommitments { get; } = [];

    public HashSet<(NodeId Node, Hash32 Subject, Verdict Verdict)> Votes { get; } = [];

    public List<int> Published { get; } = [];

    /// <summary>The first terminal state.</summary>
    public RequestState? Terminal { get; set; }

    /// <summary>Bytes of the row that closed it.</summary>
    public byte[]? ClosedRow { get; set; }

    public SignedReceipt? Receipt { get; set; }
}

/// <summary>What a seed came to, for reports and figures.</summary>
internal sealed class Tally
{
    public int Requests { get; set; }

    public int Settled { get; set; }

    public int Refunded { get; set; }

    /// <summary>Settled at L2 or above with an answer that is not the model's: fraud that nobody noticed.</summary>
    public int Undetected { get; set; }

    public int Convictions { get; set; }

    /// <summary>Honest nodes that a majority of the adversary's resolvers convicted.</summary>
    public int Framed { get; set; }

    /// <summary>Those of them that an assembly confirmed: the adversary had two thirds of it.</summary>
    public int FramedByAssembly { get; set; }

    /// <summary>Sampled answers delivered wrong, whether audited or not.</summary>
    public int SampledWrong { get; set; }
}
