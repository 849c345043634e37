namespace Atoma.Grains.Abstractions;

/// <summary>What a model's answers would cost and be worth, by model id. Stateless, free, holds nothing.</summary>
[Alias("atoma.IQuoteGrain")]
public interface IQuoteGrain : IGrainWithStringKey
{
    /// <summary>What this submission would be taken on, or why it would be refused.</summary>
    [Alias("Quote")]
    Task<QuoteReply> Quote(SubmitCall call);

    /// <summary>Names of the levels that could be served now; none for an unknown model.</summary>
    [Alias("Levels")]
    Task<IReadOnlyList<string>> Levels();
}

/// <param name="Status">Accepted, or why a submission would be refused.</param>
/// <param name="Message">For people.</param>
/// <param name="Quote">Set when accepted.</param>
[GenerateSerializer, Alias("atoma.QuoteReply"), Immutable]
public sealed record QuoteReply([property: Id(0)] SubmitStatus Status, [property: Id(1)] string Message, [property: Id(2)] QuoteInfo? Quote);

/// <summary>A quote. Amounts are the most that can come, in micro-units.</summary>
[GenerateSerializer, Alias("atoma.QuoteInfo"), Immutable]
public sealed record QuoteInfo
{
    /// <summary>The level as resolved.</summary>
    [Id(0)] public required LevelQuote Level { get; init; }

    [Id(1)] public required int PromptTokens { get; init; }

    [Id(2)] public required int MaxOutputTokens { get; init; }

    /// <summary>Of all generators.</summary>
    [Id(3)] public required long AnswerMicros { get; init; }

    [Id(4)] public required long ChecksMicros { get; init; }

    /// <summary>A sampled answer's share in all audits.</summary>
    [Id(5)] public required long AuditsMicros { get; init; }

    /// <summary>The network's part of what the nodes earn; in the amounts above, not on top.</summary>
    [Id(6)] public required long FeeMicros { get; init; }

    /// <summary>exact or statistical.</summary>
    [Id(7)] public required string Comparison { get; init; }

    /// <summary>The replay class that the answer would be drawn from.</summary>
    [Id(8)] public required string Echelon { get; init; }

    /// <summary>The cheapest of those that could be drawn to answer.</summary>
    [Id(9)] public required IReadOnlyList<QuotedNode> Nodes { get; init; }

    /// <summary>r, assumed.</summary>
    [Id(10)] public required double AdversaryShare { get; init; }

    /// <summary>p of sampled answers.</summary>
    [Id(11)] public required double AuditProbability { get; init; }

    /// <summary>k of sampled answers.</summary>
    [Id(12)] public required int AuditCheckers { get; init; }

    /// <summary>v: a check's price in answers.</summary>
    [Id(13)] public required double CheckCost { get; init; }

    [Id(14)] public required FinalityInfo Finality { get; init; }

    /// <summary>All levels that could be served now.</summary>
    [Id(15)] public required IReadOnlyList<LevelQuote> Levels { get; init; }
}

/// <param name="Integrity">Level.</param>
/// <param name="PriceMultiple">What it pays, in answers (P4).</param>
/// <param name="MaxMicros">What would be held.</param>
/// <param name="UndetectedFraud">Probability that a wrong answer passes as right.</param>
/// <param name="EligibleNodes">Nodes that could be drawn to answer.</param>
[GenerateSerializer, Alias("atoma.LevelQuote"), Immutable]
public sealed record LevelQuote(
    [property: Id(0)] string Integrity, [property: Id(1)] double PriceMultiple, [property: Id(2)] long MaxMicros, [property: Id(3)] double UndetectedFraud,
    [property: Id(4)] int EligibleNodes);

/// <param name="Address">Node.</param>
/// <param name="InputPriceMicros">Per 1,000 tokens.</param>
/// <param name="OutputPriceMicros">Per 1,000 tokens.</param>
[GenerateSerializer, Alias("atoma.QuotedNode"), Immutable]
public sealed record QuotedNode([property: Id(0)] string Address, [property: Id(1)] long InputPriceMicros, [property: Id(2)] long OutputPriceMicros);

/// <summary>When an answer is final (P4), and what is waited for at most.</summary>
/// <param name="Given">When the answer is handed out: at_once, after_check, after_quorum or after_reveals.</param>
/// <param name="ReversibleUntil">Until when what was given can turn out unpaid and refunded: audit_end, or empty.</param>
/// <param name="Description">For people.</param>
/// <param name="SilenceMs">A node without a token for this long is replaced.</param>
/// <param name="RevealMs">Time to show what was committed to.</param>
/// <param name="CheckMs">Time of a check.</param>
/// <param name="DeadlineMs">From acceptance to the end, whatever happens.</param>
/// <param name="DisputeMs">How long the settled answer can be disputed; 0 where it cannot.</param>
[GenerateSerializer, Alias("atoma.FinalityInfo"), Immutable]
public sealed record FinalityInfo(
    [property: Id(0)] string Given, [property: Id(1)] string ReversibleUntil, [property: Id(2)] string Description, [property: Id(3)] int SilenceMs,
    [property: Id(4)] int RevealMs, [property: Id(5)] int CheckMs, [property: Id(6)] int DeadlineMs, [property: Id(7)] long DisputeMs);
