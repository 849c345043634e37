using Atoma.Grains.Abstractions;
using Atoma.Grains.Models;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Grains.Requests;

/// <summary>A submission turned into a request on fixed terms, or why it cannot be (P5.1).</summary>
internal readonly record struct Quote(RequestSpec? Spec, SubmitReply? Refusal);

/// <summary>Turns a submission into a <see cref="RequestSpec"/>. Pure but for the tokenizer.</summary>
internal sealed class Quoter(NetworkOptions options)
{
    public Quote Make(SubmitCall call, ModelMarket market, ITokenizer tokenizer, DateTimeOffset now)
    {
        var manifestReader = new CanonicalReader(market.Manifest);
        var model = ModelManifest.Read(ref manifestReader);
        var asked = call.Inputs.Count > 0 ? EmbeddingInputs.Make(call.Inputs, model, market.MaxContext, tokenizer) : Answer(call, model, market.MaxContext, tokenizer);
        if (asked.Parameters is not { } parameters)
            return new Quote(null, asked.Refusal);
        var prompt = asked.Prompt;
        // To check embeddings is to compute them again, at what they cost.
        var terms = parameters.IsEmbedding ? options.Terms with { CheckPermille = 1000 } : options.Terms;

        // Until soft evidence is judged over many answers (P8.1), only nodes whose answers can be compared bit by bit are checked.
        var checkable = EligibleSet.OfOneEchelon(market.Offers.Where(o => o.Exact && !o.Terms.Quarantined).Select(Eligible), echelon: null);
        if (!TryIntegrity(call, checkable.Count, out var level, out var refusal))
            return new Quote(null, refusal with { PromptTokens = prompt.Count });
        var needed = EligibleSet.Needed(level, options.AuditCheckers);
        // Where bits cannot be compared, thresholds can where they are published; short of both, an answer is taken on its word.
        var comparison = Comparison.Exact;
        var eligible = level.Kind == IntegrityKind.None ? EligibleSet.OfOneEchelon(market.Offers.Select(Eligible), echelon: null) : checkable;
        if (level.Kind == IntegrityKind.None && eligible.Count > 0 && !market.Offers.Any(o => o.Exact && o.Echelon == eligible[0].Echelon.ToString()))
            comparison = Comparison.Statistical;
        if (level.Kind == IntegrityKind.Sampled && eligible.Count < needed && !parameters.IsEmbedding && Comparable(market) is { Count: > 0 } others && others.Count >= needed)
            (eligible, comparison) = (others, Comparison.Statistical);
        if (eligible.Count < needed)
        {
            return Refuse(SubmitStatus.NoEligibleNode,
                $"{level} needs {needed} distinct nodes of one echelon; {model.Id} has {eligible.Count} now. Ask for less integrity or try again.", prompt.Count);
        }

        var nonce = new Hash32(call.Nonce);
        var id = RequestSpec.IdOf(call.Account, nonce);
        if (!call.SeedGiven)
            parameters = parameters with { Seed = RequestSpec.DrawnSeed(id) };
        var created = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        return new Quote(new RequestSpec(
            id, call.Account, call.IdempotencyKey, model, prompt, parameters, level, nonce, call.Streaming, terms,
            terms.UpperBound(level, eligible, prompt.Count, parameters.MaxTokens), created,
            created.AddMilliseconds(options.Request.DeadlineMs))
        {
            Comparison = comparison,
        }, null);
    }

    /// <summary>Nodes outside invariant mode whose answers published thresholds can judge (P7.4).</summary>
    private static IReadOnlyList<EligibleNode> Comparable(ModelMarket market) => EligibleSet.OfOneEchelon(
        market.Offers.Where(o => !o.Exact).Select(Eligible).Where(n => PublishedThresholds.Find(n.Echelon, n.Echelon).Count > 0), echelon: null);

    public static EligibleNode Eligible(NodeOffer offer) =>
        new(NodeId.Parse(offer.Node), Hash32.Parse(offer.Echelon), new Micros(offer.InputPriceMicros), new Micros(offer.OutputPriceMicros));

    private static Quote Refuse(SubmitStatus status, string message, int promptTokens = 0) =>
        new(null, new SubmitReply(status, message, "", "", promptTokens, 0));

    private Asked Answer(SubmitCall call, ModelManifest model, int contextTokens, ITokenizer tokenizer)
    {
        var tokens = Prompts.Tokenize(model.Id, tokenizer, new TokenizeCall(call.Prompt, call.Messages, call.Tools));
        if (tokens.Status != SubmitStatus.Accepted)
            return Asked.Refuse(tokens.Status, tokens.Message);
        int[] prompt = [.. tokens.Tokens];
        var room = contextTokens - prompt.Length;
        if (room < 1)
        {
            return Asked.Refuse(SubmitStatus.PromptTooLong,
                $"The prompt has {prompt.Length} tokens; {model.Id} takes {contextTokens} for prompt and answer together. Shorten the prompt.", prompt.Length);
        }

        return TryParameters(call, room, out var parameters, out var problem)
            ? new Asked(prompt, parameters, null)
            : Asked.Refuse(SubmitStatus.BadParameters, problem, prompt.Length);
    }

    private bool TryParameters(SubmitCall call, int room, out SamplingParameters parameters, out string problem)
    {
        problem = "";
        parameters = null!;
        try
        {
            var reader = new CanonicalReader(call.Parameters);
            var given = SamplingParameters.Read(ref reader);
            if (given.IsEmbedding)
                throw new CanonicalFormatException("embeddings are asked for by naming the inputs");
            var wanted = call.MaxTokens > 0 ? call.MaxTokens : options.DefaultMaxTokens;
            if (given.Grammar.Length > 0)
                GrammarProgram.Parse(given.Grammar);
            parameters = given with { MaxTokens = Math.Min(Math.Min(wanted, room), VerificationLimits.OutputTokens) };
            return true;
        }
        catch (CanonicalFormatException e)
        {
            problem = e.Message;
            return false;
        }
        catch (GrammarException e)
        {
            problem = $"grammar is refused: {e.Message}";
            return false;
        }
    }

    private bool TryIntegrity(SubmitCall call, int eligible, out IntegrityLevel level, out SubmitReply refusal)
    {
        refusal = null!;
        level = IntegrityLevel.None;
        if (call.Assurance is { } assurance)
        {
            if (!(assurance is > 0 and < 1))
                return Fail(SubmitStatus.IntegrityUnknown, "assurance is a probability between 0 and 1, e.g. 0.999.", out refusal);
            var cheapest = eligible == 0 ? null : Assurance.Cheapest(assurance, eligible, options.AdversaryPermille / 1000.0, options.Terms);
            if (cheapest is null)
            {
                return Fail(SubmitStatus.IntegrityUnavailable,
                    $"No level reaches assurance {assurance} with {eligible} nodes of which a share of {options.AdversaryPermille / 1000.0} may collude. Ask for less.", out refusal);
            }

            level = cheapest.Value;
            return true;
        }

        if (!IntegrityLevel.TryParse(call.Integrity, out level))
        {
            return Fail(SubmitStatus.IntegrityUnknown,
                "integrity is \"none\", \"sampled\", \"checked\", \"checked:3\", \"replicated:3\" or {\"assurance\": 0.999}.", out refusal);
        }

        return true;
    }

    private static bool Fail(SubmitStatus status, string message, out SubmitReply refusal)
    {
        refusal = new SubmitReply(status, message, "", "", 0, 0);
        return false;
    }
}
