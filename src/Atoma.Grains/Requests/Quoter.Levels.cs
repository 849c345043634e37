using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>Who would serve a request at a level.</summary>
/// <param name="Wanted">The request at that level.</param>
/// <param name="Parts">Nodes of the serving echelon, for all parts.</param>
/// <param name="Eligible">Those of them that the answer can be drawn from.</param>
/// <param name="Dearest">The dearest answer among them.</param>
internal readonly record struct Served(Wanted Wanted, int Parts, IReadOnlyList<EligibleNode> Eligible, Micros Dearest)
{
    /// <summary>Why the level cannot be served.</summary>
    public string Problem(string model, int auditCheckers) => EligibleSet.Needed(Wanted.Level, auditCheckers) is var needed && Parts < needed
        ? $"{Wanted.Level} needs {needed} distinct nodes of one echelon; {model} has {Parts} now. Ask for less integrity or try again."
        : $"An answer this long costs up to {Dearest} micros, more than the collateral of any node covers unchecked (P6.3). Ask for fewer tokens, or for 'checked'.";
}

// What each level would cost and be worth now.
internal sealed partial class Quoter
{
    /// <summary>Nodes listed in a quote: enough to see who serves and for how much, in an answer of a few kilobytes.</summary>
    private const int NodesListed = 100;

    private double AdversaryShare => options.AdversaryPermille / 1000.0;

    /// <summary>Levels that could be served now, an answer of one token each.</summary>
    public IEnumerable<IntegrityLevel> Served(IReadOnlyList<NodeOffer> offers) =>
        IntegrityLevel.All.Where(l => TryServe(offers, l, promptTokens: 1, new SamplingParameters { MaxTokens = 1 }, out _));

    /// <param name="spec">As made from the same offers.</param>
    /// <param name="offers">All offers of the model.</param>
    public QuoteInfo Describe(RequestSpec spec, IReadOnlyList<NodeOffer> offers)
    {
        var isServed = TryServe(offers, spec.Integrity, spec.Prompt.Count, spec.Parameters, out var served);
        Invariant.Assert(isServed);
        var parts = spec.Terms.Parts(spec.Integrity, served.Dearest);
        return new QuoteInfo
        {
            Level = Level(served, spec.Terms),
            PromptTokens = spec.Prompt.Count,
            MaxOutputTokens = spec.Parameters.MaxTokens,
            AnswerMicros = parts.Answer.Value,
            ChecksMicros = parts.Checks.Value,
            AuditsMicros = parts.Audits.Value,
            FeeMicros = (parts.Answer + parts.Checks).PermilleFloor(spec.Terms.FeePermille).Value,
            Comparison = spec.Comparison.ToString().ToLowerInvariant(),
            Echelon = served.Eligible[0].Echelon.ToString(),
            Nodes = [.. served.Eligible.OrderBy(served.Wanted.Price).ThenBy(n => n.Node.ToString(), StringComparer.Ordinal).Take(NodesListed)
                .Select(n => new QuotedNode(n.Node.ToString(), n.InputPrice.Value, n.OutputPrice.Value))],
            AdversaryShare = AdversaryShare,
            AuditProbability = spec.Terms.AuditPpm / (double)Audit.Certain,
            AuditCheckers = spec.Terms.AuditCheckers,
            CheckCost = spec.Terms.CheckPermille / 1000.0,
            Finality = Finality.Of(spec.Integrity, spec.Comparison, options),
            Levels = [.. IntegrityLevel.All.Select(l => TryServe(offers, l, spec.Prompt.Count, spec.Parameters, out var at) ? Level(at, spec.Terms) : null).OfType<LevelQuote>()],
        };
    }

    private LevelQuote Level(Served served, PriceTerms terms)
    {
        var level = served.Wanted.Level;
        return new LevelQuote(
            level.ToString(), Assurance.CostMillionths(level, terms) / 1e6, terms.Parts(level, served.Dearest).Sum.Value,
            Assurance.UndetectedFraud(level, served.Eligible.Count, AdversaryShare, terms), served.Eligible.Count);
    }

    /// <summary>To check embeddings or a scored prompt is to compute them again, at what they cost: v is measured for answers.</summary>
    private PriceTerms TermsOf(SamplingParameters parameters, IReadOnlyList<NodeOffer> offers) => options.Terms with
    {
        CheckPermille = IsExactOnly(parameters) ? PriceTerms.RecomputePermille : Eligibility.CheckPermille(offers) ?? options.CheckPermille,
    };

    private static bool IsExactOnly(SamplingParameters parameters) => parameters.IsEmbedding || parameters.ScorePrompt;

    private bool TryServe(IReadOnlyList<NodeOffer> offers, IntegrityLevel level, int promptTokens, SamplingParameters parameters, out Served served)
    {
        var needed = EligibleSet.Needed(level, options.AuditCheckers);
        var comparison = Eligibility.ComparisonOf(offers, level, needed, IsExactOnly(parameters));
        var wanted = new Wanted(level, comparison, PriceTerms.InputTokens(parameters, promptTokens), parameters.MaxTokens);
        var serving = Eligibility.Serving(offers, level, comparison);
        var dearest = serving.Select(wanted.Price).Aggregate(Micros.Zero, Micros.Max);
        var eligible = Eligibility.Drawn(offers, wanted, echelon: null, dearest, level.Generators > 1 ? DrawPurpose.Replica : DrawPurpose.Primary);
        served = new Served(wanted, serving.Count, eligible, dearest);
        return serving.Count >= needed && eligible.Count > 0;
    }
}
