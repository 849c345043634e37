using System.Text.Json.Nodes;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

namespace Atoma.Protocol.Receipts;

/// <summary>A request as people and programs read it: who was drawn, who committed what, the verdict, what was paid.</summary>
public static class RequestView
{
    /// <summary>Names used in JSON; part of the API.</summary>
    public static string Name(RequestPhase phase) => phase.ToString().ToLowerInvariant();

    /// <param name="state">In any phase.</param>
    /// <param name="finishedAt">When its end was stored; null until then.</param>
    public static JsonObject Build(RequestState state, DateTimeOffset? finishedAt)
    {
        var spec = state.Spec;
        return new JsonObject
        {
            ["request_id"] = spec.Id.ToString(),
            // Decided, and not in the books yet: what follows from its status (a balance, a receipt) is not there to be read.
            ["status"] = state.IsTerminal && finishedAt is null ? "settling" : Name(state.Phase),
            ["refund_reason"] = state.Refund == RefundReason.None ? null : Snake(state.Refund.ToString()),
            ["model"] = spec.Model.Id,
            ["model_digest"] = spec.Model.Digest.ToString(),
            ["integrity"] = spec.Integrity.ToString(),
            ["review"] = spec.Review is { } review ? BuildReview(review, state.Finding) : null,
            ["audit"] = state.Audit is { } audit ? BuildAudit(spec, audit) : null,
            ["created_at"] = Time(spec.CreatedAt),
            ["deadline"] = Time(spec.Deadline),
            ["finished_at"] = finishedAt is { } at ? Time(at) : null,
            ["prompt_tokens"] = spec.Prompt.Count,
            ["output_tokens"] = state.Answer?.OutputCount ?? state.Published.Count,
            ["seed"] = spec.Parameters.Seed.ToString(),
            ["hold_micros"] = spec.Hold.Value,
            ["price_micros"] = state.Price.Value,
            ["verdict"] = Verdict(state),
            ["participants"] = new JsonArray([.. state.Participants.Select(Build)]),
            ["convictions"] = new JsonArray([.. state.Convictions.Select(c => (JsonNode)new JsonObject
            {
                ["node"] = c.Node.ToString(),
                ["evidence"] = Snake(c.Kind.ToString()),
                ["position"] = c.Position,
                ["reason"] = c.Reason,
            })]),
            ["payments"] = new JsonArray([.. state.Payments.Select(p => (JsonNode)new JsonObject
            {
                ["to"] = p.To.ToString(),
                ["amount_micros"] = p.Amount.Value,
                ["for"] = Snake(p.Code.ToString()),
            })]),
        };
    }

    private static JsonObject BuildReview(Review review, Verification.Verdict? finding) => new()
    {
        ["kind"] = Snake(review.Kind.ToString()),
        ["origin"] = review.Origin.ToString(),
        ["output_digest"] = review.Digest.ToString(),
        ["authors"] = new JsonArray([.. review.Authors.Select(a => (JsonNode)a.Node.ToString())]),
        ["panel"] = review.Panel,
        ["needed"] = review.Needed,
        ["finding"] = finding is { } found ? Snake(found.ToString()) : null,
    };

    private static JsonObject BuildAudit(RequestSpec spec, BeaconReveal beacon) => new()
    {
        ["probability"] = spec.Terms.AuditPpm / (double)Audit.Certain,
        ["due"] = Audit.IsDue(beacon, spec.Id, spec.Terms.AuditPpm),
        ["beacon_chain"] = beacon.Chain,
        ["beacon_step"] = beacon.Step,
        ["beacon_value"] = beacon.Value.ToString(),
    };

    private static string Verdict(RequestState state) => state.Phase switch
    {
        _ when state.Spec.Review is not null => state.Finding is { } found ? $"the answer is a {Snake(found.ToString())}" : "no finding",
        RequestPhase.Settled when state.Spec.Integrity.Kind == IntegrityKind.Sampled && state.Participants.Count(p => p.IsActive) == 1 => "signed, not audited",
        RequestPhase.Settled when state.Convictions.Count > 0 => "verified after fraud was found",
        RequestPhase.Settled when state.Spec.Integrity.Kind == IntegrityKind.None => "signed, not checked",
        RequestPhase.Settled => "verified",
        RequestPhase.Refunded or RequestPhase.Expired => state.Convictions.Count > 0 ? "fraud found" : "no answer",
        _ => "open",
    };

    private static JsonNode Build(Participant p)
    {
        var node = new JsonObject
        {
            ["node"] = p.Node.ToString(),
            ["role"] = Snake(p.Purpose.ToString()),
            ["status"] = Snake(p.Status.ToString()),
            ["failure"] = p.Failure == ParticipantFailure.None ? null : Snake(p.Failure.ToString()),
            ["draw"] = new JsonObject
            {
                ["beacon_chain"] = p.Draw.Beacon.Chain,
                ["beacon_step"] = p.Draw.Beacon.Step,
                ["beacon_value"] = p.Draw.Beacon.Value.ToString(),
                ["eligible_root"] = p.Draw.EligibleRoot.ToString(),
                ["eligible_count"] = p.Draw.EligibleCount,
                ["attempts"] = p.Draw.Attempts.Count,
            },
            ["echelon"] = p.Draw.Chosen.Echelon.ToString(),
        };
        if (p.Generates)
        {
            node["commitment"] = p.Commitment?.Value.ToString();
            node["output_digest"] = p.Transcript is null ? null : p.Digest.ToString();
        }
        else
        {
            node["votes"] = new JsonArray([.. p.Ballots.Select(b => (JsonNode)new JsonObject
            {
                ["output_digest"] = b.Subject.ToString(),
                ["commitment"] = b.Commitment?.Value.ToString(),
                ["verdict"] = b.Vote is null ? null : Snake(b.Vote.Verdict.ToString()),
                ["position"] = b.Vote?.Position,
            })]);
        }

        return node;
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>PascalCase to snake_case.</summary>
    public static string Snake(string name) =>
        string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
