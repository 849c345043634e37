using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Cases;

/// <summary>Takes an operator's appeal to the rules and stores what they make of it.</summary>
internal sealed class CaseGrain(ILedgerStore ledger, ISignatureScheme signatures, IModelWeights weights, TimeProvider time, ILogger<CaseGrain> log) : Grain, ICaseGrain
{
    /// <summary>Attempts when the case moved between reading and writing it: its assembly, or the sweeper.</summary>
    private const int AttemptsMax = 8;

    private static readonly AppealReply Unknown = new(AppealStatus.Unknown, "This node has no such slash.", null);

    private Hash32 Id => Hash32.Parse(this.GetPrimaryKeyString()[Keys.CasePrefix.Length..]);

    public async Task<AppealReply> Appeal(string node, byte[] signature)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            if (await FindAsync(node) is not { } found)
                return Unknown;
            if (signatures.Recover(SigningDomain.Appeal(Id), signature) != found.Case.Node)
                return new AppealReply(AppealStatus.WrongSignature, $"An appeal is signed by the node's own key, {found.Case.Node}, over Appeal(bytes32 slash).", null);
            var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
            if (CaseRules.Appealed(found.Row, await HoldsAsync(found.Case), now) is not { } command)
                return Appeals.Refusal(found.Case, now);
            var result = await ledger.CommitAsync(command, default);
            if (result.Status == LedgerStatus.VersionConflict)
                continue;
            Invariant.Assert(result.Succeeded);
            var after = SlashCase.FromBytes(command.Slashes![0].State);
            log.SlashAppealed(Id.ToString(), node, CaseView.Name(after.Status));
            if (after.Status == SlashStatus.Returned)
                await GrainFactory.GetGrain<INodeGrain>(Keys.Node(after.Node)).Free();
            return Appeals.Accepted(after);
        }

        throw new TimeoutException($"Slash {Id} kept moving; appeal again.");
    }

    public async Task<EvidenceReply> Evidence(string node, byte[] signature, string request)
    {
        if (await FindAsync(node) is not { } found)
            return new EvidenceReply(AppealStatus.Unknown, "", "");
        if (signatures.Recover(SigningDomain.Evidence(Id), signature) != found.Case.Node)
            return new EvidenceReply(AppealStatus.WrongSignature, "", "");
        if (CaseProof.Answered(found.Case, signatures) is { } answer)
            return request.Length > 0 ? new EvidenceReply(AppealStatus.Unknown, "", "") : new EvidenceReply(AppealStatus.Ok, "", CaseView.Text(answer));
        var wanted = found.Case.Request;
        if (request.Length > 0 && (!Hash32.TryParse(request, out wanted) || !CaseProof.Requests(found.Case).Contains(wanted)))
            return new EvidenceReply(AppealStatus.Unknown, "", "");
        return await ReceiptAsync(wanted) is { } receipt
            ? new EvidenceReply(AppealStatus.Ok, wanted.ToString(), ReceiptFile.Write(receipt))
            : new EvidenceReply(AppealStatus.Unknown, "", "");
    }

    private async Task<(SlashRow Row, SlashCase Case)?> FindAsync(string node) =>
        await ledger.FindSlashAsync(Id, default) is { } row && SlashCase.FromBytes(row.State) is var slash && slash.Node != default && slash.Node.ToString() == node
            ? (row, slash)
            : null;

    /// <summary>What votes decided is voted on again, and needs no proof here.</summary>
    private async Task<bool> HoldsAsync(SlashCase slash)
    {
        if (slash.Subject != Hash32.Zero)
            return true;
        if (slash.Evidence == EvidenceKind.WeightChallenge)
            return CaseProof.Answered(slash, signatures) is { } answer && await IsWrongAsync(answer);
        var receipts = new Dictionary<Hash32, SignedReceipt?>();
        foreach (var request in CaseProof.Requests(slash))
            receipts[request] = await ReceiptAsync(request);
        return CaseProof.Holds(slash, request => receipts[request], signatures);
    }

    /// <summary>Judged by the coordinator's own copy of the file; without one nothing is proven.</summary>
    private async Task<bool> IsWrongAsync(WeightAnswer answer)
    {
        foreach (var id in await GrainFactory.GetGrain<IDirectoryGrain>(Keys.Directory).Models())
        {
            if (await GrainFactory.GetGrain<IModelGrain>(Keys.Model(id)).Market() is not { } market)
                continue;
            var reader = new CanonicalReader(market.Manifest);
            var model = ModelManifest.Read(ref reader);
            if (model.Digest == answer.Model)
                return await weights.AnswerAsync(model, answer.Seed, default) is { } right && right != answer.Digest;
        }

        return false;
    }

    private async Task<SignedReceipt?> ReceiptAsync(Hash32 request) =>
        await ledger.FindRequestAsync(request, default) is { } row ? RequestRows.Receipt(row) : null;
}
