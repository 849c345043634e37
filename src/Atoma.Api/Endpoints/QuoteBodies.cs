using System.Text.Json.Serialization;
using Atoma.Api.Answers;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints;

/// <summary>What an answer would cost and be worth. Amounts are the most that can come, in millionths of the network's currency.</summary>
/// <param name="Object">"quote".</param>
/// <param name="Model">Model id.</param>
/// <param name="Integrity">The level that was asked for, or that an assurance was turned into.</param>
/// <param name="ResolvedFrom">What was asked.</param>
/// <param name="Choices">Answers that are asked for; what follows is of one of them.</param>
/// <param name="PromptTokens">Counted by the model's tokenizer; of the first prompt where there are several.</param>
/// <param name="MaxOutputTokens">Most tokens of the answer.</param>
/// <param name="Price">What would be held, and what for.</param>
/// <param name="BalanceMicros">What the account can spend now.</param>
/// <param name="BalanceSuffices">Whether a submission now would not be refused for want of money.</param>
/// <param name="UndetectedFraud">How likely a wrong answer would pass as right.</param>
/// <param name="Audit">Of a sampled answer.</param>
/// <param name="Comparison">exact: bit by bit; statistical: by published thresholds, or, at level none, not at all.</param>
/// <param name="Finality">When the answer is final.</param>
/// <param name="Eligible">Who could be drawn to answer.</param>
/// <param name="Levels">What every level that could be served now would cost and be worth.</param>
internal sealed record QuoteBody(
    string Object, string Model, string Integrity, ResolvedFromBody ResolvedFrom, int Choices, int PromptTokens, int MaxOutputTokens, QuotedPriceBody Price,
    long BalanceMicros, bool BalanceSuffices, UndetectedFraudBody UndetectedFraud,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] QuotedAuditBody? Audit,
    string Comparison, FinalityBody Finality, EligibleBody Eligible, IReadOnlyList<LevelBody> Levels)
{
    public static QuoteBody Of(Question question, QuoteInfo quote, long balanceMicros) => new(
        "quote", question.Model, quote.Level.Integrity, new ResolvedFromBody(question.Assurance is null ? question.Integrity : null, question.Assurance),
        question.Choices, quote.PromptTokens, quote.MaxOutputTokens,
        new QuotedPriceBody(quote.Level.MaxMicros, new PricePartsBody(quote.AnswerMicros, quote.ChecksMicros, quote.AuditsMicros), quote.FeeMicros, quote.Level.PriceMultiple),
        balanceMicros, balanceMicros / question.Choices >= quote.Level.MaxMicros,
        new UndetectedFraudBody(quote.Level.UndetectedFraud, quote.AdversaryShare, quote.Level.EligibleNodes),
        quote.AuditsMicros > 0 ? new QuotedAuditBody(quote.AuditProbability, quote.AuditCheckers, quote.CheckCost) : null,
        quote.Comparison, FinalityBody.Of(quote.Finality),
        new EligibleBody(quote.Level.EligibleNodes, quote.Echelon, [.. quote.Nodes.Select(n => new EligibleNodeBody(n.Address, n.InputPriceMicros, n.OutputPriceMicros))]),
        [.. quote.Levels.Select(l => new LevelBody(l.Integrity, l.PriceMultiple, l.MaxMicros, l.UndetectedFraud))]);
}

/// <param name="Level">A level by name, or null.</param>
/// <param name="Assurance">The wanted probability that a wrong answer is caught, or null.</param>
internal sealed record ResolvedFromBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Level,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Assurance);

/// <param name="MaxMicros">What would be held; what the answer does not cost returns.</param>
/// <param name="Parts">The sum's parts.</param>
/// <param name="FeeMicros">The network's part of what the nodes earn: inside the sum, not on top.</param>
/// <param name="Multiple">Price in answers of one node.</param>
internal sealed record QuotedPriceBody(long MaxMicros, PricePartsBody Parts, long FeeMicros, double Multiple);

internal sealed record PricePartsBody(long AnswerMicros, long ChecksMicros, long AuditsMicros);

/// <param name="Probability">That a wrong answer is given as right.</param>
/// <param name="AssumedAdversaryShare">Share of the nodes that collude, rounded up to whole nodes.</param>
/// <param name="EligibleNodes">Nodes that are drawn from.</param>
internal sealed record UndetectedFraudBody(double Probability, double AssumedAdversaryShare, int EligibleNodes);

/// <param name="Probability">p: that the answer is audited.</param>
/// <param name="Checkers">k: nodes that audit it.</param>
/// <param name="CheckCost">v: price of one check in answers.</param>
internal sealed record QuotedAuditBody(double Probability, int Checkers, double CheckCost);

/// <param name="Given">at_once, after_check, after_quorum or after_reveals.</param>
/// <param name="ReversibleUntil">audit_end where the answer is given before it is final, else null.</param>
/// <param name="Description">For people.</param>
/// <param name="SilenceMs">A node without a token for this long is replaced.</param>
/// <param name="RevealMs">Time to show what was committed to.</param>
/// <param name="CheckMs">Time of a check.</param>
/// <param name="DeadlineMs">From acceptance to the end, whatever happens.</param>
/// <param name="DisputeMs">How long the settled answer can be disputed; null where it cannot.</param>
internal sealed record FinalityBody(
    string Given, string? ReversibleUntil, string Description, int SilenceMs, int RevealMs, int CheckMs, int DeadlineMs, long? DisputeMs)
{
    public static FinalityBody Of(FinalityInfo f) => new(
        f.Given, f.ReversibleUntil.Length > 0 ? f.ReversibleUntil : null, f.Description, f.SilenceMs, f.RevealMs, f.CheckMs, f.DeadlineMs,
        f.DisputeMs > 0 ? f.DisputeMs : null);
}

/// <param name="Count">Nodes.</param>
/// <param name="Echelon">Their replay class.</param>
/// <param name="Nodes">The cheapest, at most 100.</param>
internal sealed record EligibleBody(int Count, string Echelon, IReadOnlyList<EligibleNodeBody> Nodes);

/// <param name="Address">Node id.</param>
/// <param name="InputPriceMicros">Micros per 1,000 prompt tokens.</param>
/// <param name="OutputPriceMicros">Micros per 1,000 answer tokens.</param>
internal sealed record EligibleNodeBody(string Address, long InputPriceMicros, long OutputPriceMicros);

/// <param name="Integrity">Level.</param>
/// <param name="PriceMultiple">Price in answers of one node.</param>
/// <param name="MaxMicros">What would be held.</param>
/// <param name="UndetectedFraud">Probability that a wrong answer is given as right.</param>
internal sealed record LevelBody(string Integrity, double PriceMultiple, long MaxMicros, double UndetectedFraud);
