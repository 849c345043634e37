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
/// <param name="Spec">The request.</param>
/// <param name="Dearest">The dearest answer that its hold covers.</param>
/// <param name="Refusal">Set when there is no request.</param>
internal readonly record struct Quote(RequestSpec? Spec, Micros Dearest, SubmitReply? Refusal);

/// <summary>Turns a submission into a <see cref="RequestSpec"/>. Pure but for the tokenizer.</summary>
internal sealed partial class Quoter(NetworkOptions options)
{
    public static string UnknownModel(string model) => $"There is no model '{model}' in this network. GET /v1/models lists them.";

    public Quote Make(SubmitCall call, ModelMarket market, ITokenizer tokenizer, DateTimeOffset now)
    {
        var manifestReader = new CanonicalReader(market.Manifest);
        var model = ModelManifest.Read(ref manifestReader);
        var asked = call.Inputs.Count > 0 ? EmbeddingInputs.Make(call.Inputs, model, market.MaxContext, tokenizer) : Answer(call, model, market.MaxContext, tokenizer);
        if (asked.Parameters is not { } parameters)
            return new Quote(null, Micros.Zero, asked.Refusal);
        var prompt = asked.Prompt;
        var terms = TermsOf(parameters, market.Offers);
        if (!TryIntegrity(call, market.Offers, terms, out var level, out var refusal))
            return new Quote(null, Micros.Zero, refusal with { PromptTokens = prompt.Count });
        if (!TryServe(market.Offers, level, prompt.Count, parameters, out var served))
            return Refuse(SubmitStatus.NoEligibleNode, served.Problem(model.Id, options.AuditCheckers), prompt.Count);

        var nonce = new Hash32(call.Nonce);
        var id = RequestSpec.IdOf(call.Account, nonce);
        if (!call.SeedGiven)
            parameters = parameters with { Seed = RequestSpec.DrawnSeed(id) };
        var created = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        return new Quote(new RequestSpec(
            id, call.Account, call.IdempotencyKey, model, prompt, parameters, level, nonce, call.Streaming, terms, terms.Parts(level, served.Dearest).Sum, created,
            created.AddMilliseconds(options.Request.DeadlineMs))
        {
            Comparison = served.Wanted.Comparison,
        }, served.Dearest, null);
    }

    private static Quote Refuse(SubmitStatus status, string message, int promptTokens = 0) =>
        new(null, Micros.Zero, new SubmitReply(status, message, "", "", promptTokens, 0));

    private Asked Answer(SubmitCall call, ModelManifest model, int contextTokens, ITokenizer tokenizer)
    {
        var tokens = call.PromptTokens.Count > 0
            ? Prompts.Given(call.PromptTokens, model)
            : Prompts.Tokenize(model.Id, tokenizer, new TokenizeCall(call.Prompt, call.Messages, call.Tools));
        if (tokens.Status != SubmitStatus.Accepted)
            return Asked.Refuse(tokens.Status, tokens.Message);
        int[] prompt = [.. tokens.Tokens];
        if (!TryParameters(call, contextTokens - prompt.Length, out var parameters, out var problem))
            return Asked.Refuse(SubmitStatus.BadParameters, problem, prompt.Length);
        if (contextTokens - prompt.Length < Math.Min(1, parameters.MaxTokens))
        {
            return Asked.Refuse(SubmitStatus.PromptTooLong,
                $"The prompt has {prompt.Length} tokens; {model.Id} takes {contextTokens} for prompt and answer together. Shorten the prompt.", prompt.Length);
        }

        return PromptScores.Refusal(parameters, prompt.Length) is { } unscored
            ? Asked.Refuse(SubmitStatus.PromptTooLong, $"The prompt cannot be scored at once: {unscored}. Send it in pieces, or ask for fewer alternatives.", prompt.Length)
            : new Asked(prompt, parameters, null);
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
            // Only a prompt that is scored may ask for no token at all.
            if (given.MaxTokens == 0)
                wanted = 0;
            if (given.Grammar.Length > 0)
                GrammarProgram.Parse(given.Grammar);
            parameters = given with { MaxTokens = Math.Min(Math.Min(wanted, Math.Max(room, 1)), VerificationLimits.OutputTokens) };
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

    private bool TryIntegrity(SubmitCall call, IReadOnlyList<NodeOffer> offers, PriceTerms terms, out IntegrityLevel level, out SubmitReply refusal)
    {
        refusal = null!;
        level = IntegrityLevel.None;
        if (call.Assurance is { } assurance)
        {
            if (!(assurance is > 0 and < 1))
                return Fail(SubmitStatus.IntegrityUnknown, "assurance is a probability between 0 and 1, e.g. 0.999.", out refusal);
            var eligible = Eligibility.Serving(offers, IntegrityLevel.Checked, Comparison.Exact).Count;
            var cheapest = eligible == 0 ? null : Assurance.Cheapest(assurance, eligible, AdversaryShare, terms);
            if (cheapest is null)
            {
                return Fail(SubmitStatus.IntegrityUnavailable,
                    $"No level reaches assurance {assurance} with {eligible} nodes of which a share of {AdversaryShare} may collude. Ask for less.", out refusal);
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
