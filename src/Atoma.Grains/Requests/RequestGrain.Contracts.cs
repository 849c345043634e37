using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Settlement;

namespace Atoma.Grains.Requests;

// Answers for contracts (P10.1): once settled, the nodes whose answer it is sign it for the gateway.
internal sealed partial class RequestGrain
{
    private readonly Dictionary<NodeId, byte[]> _signatures = [];
    private Hash32 _signedDomain;

    public Task<ContractOutcome?> Outcome()
    {
        if (_state is not { } state || !_settled)
            return Task.FromResult<ContractOutcome?>(null);
        var result = state is { Phase: RequestPhase.Settled, Answer: { } answer } && tokenizers.Find(state.Spec.Model.Id) is { } tokenizer
            ? ContractAnswer.ResultOf(answer, tokenizer)
            : null;
        return Task.FromResult<ContractOutcome?>(new ContractOutcome(
            result, result is null ? RequestView.Snake(state.Refund.ToString()) : "", state.Price.Value, [.. Authors(state).Select(n => n.ToString())],
            [.. _signatures.Select(s => new NodeSignature(s.Key.ToString(), s.Value))]));
    }

    public async Task AskSignatures(byte[] domain)
    {
        if (_state is not { } state || !_settled)
            return;
        _signedDomain = new Hash32(domain);
        foreach (var node in Authors(state).Where(n => !_signatures.ContainsKey(n)))
            await GrainFactory.GetGrain<INodeGrain>(Keys.Node(node)).Send(new CoordinatorMessage.AskSignature(state.Spec.Id, _signedDomain).ToBytes());
    }

    /// <summary>Only what the contract will accept.</summary>
    private void Keep(NodeId from, byte[] signature)
    {
        if (_state is { Answer: { } answer } state && _settled && Authors(state).Contains(from) && tokenizers.Find(state.Spec.Model.Id) is { } tokenizer
            && signatures.Recover(ContractAnswer.Digest(_signedDomain, state.Spec.Id, Keccak.Hash(ContractAnswer.ResultOf(answer, tokenizer))), signature) == from)
            _signatures[from] = signature;
    }

    private static IEnumerable<NodeId> Authors(RequestState state) =>
        state.Answer is { } answer ? state.Participants.Where(p => p.Generates && p.IsActive && p.Transcript?.Digest() == answer.Digest()).Select(p => p.Node) : [];
}
