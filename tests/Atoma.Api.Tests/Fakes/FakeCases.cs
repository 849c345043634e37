using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests.Fakes;

internal sealed class FakeCases(FakeNetwork network, string slash) : ICaseGrain
{
    public static readonly SlashInfo Slash = new()
    {
        Id = "s1", Node = FakeNetwork.NodeAddress, Request = new string('a', 64), Evidence = "sequential_test", Reason = "why", AmountMicros = 9, Status = "frozen",
        OpenedAt = DateTimeOffset.UnixEpoch, DueAt = DateTimeOffset.UnixEpoch, History = [new CountedCheck("h1", true), new CountedCheck("h2", false)],
    };

    public Task<AppealReply> Appeal(string node, byte[] signature) => Task.FromResult(network.OnAppeal(slash, node, signature));

    public Task<EvidenceReply> Evidence(string node, byte[] signature, string request) => Task.FromResult(network.OnEvidence(slash, node, signature, request));
}

internal sealed class FakeQuotes(FakeNetwork network, string key) : IQuoteGrain
{
    public static readonly QuoteInfo Quote = new()
    {
        Level = new LevelQuote("sampled", 1.018, 252, 0.3, 3), PromptTokens = 5, MaxOutputTokens = 64, AnswerMicros = 240, ChecksMicros = 0, AuditsMicros = 12, FeeMicros = 6,
        Comparison = "exact", Echelon = "e1", Nodes = [new QuotedNode("n1", 100, 300)], AdversaryShare = 0.333, AuditProbability = 0.03, AuditCheckers = 1, CheckCost = 0.6,
        Finality = new FinalityInfo("at_once", "audit_end", "Given at once.", 60_000, 10_000, 50_000, 300_000, 3_600_000),
        Levels = [new LevelQuote("none", 1, 240, 0.4, 3), new LevelQuote("sampled", 1.018, 252, 0.3, 3)],
    };

    Task<QuoteReply> IQuoteGrain.Quote(SubmitCall call)
    {
        Assert.Equal("quote:" + call.Model, key);
        network.Quoted.Enqueue(call);
        return Task.FromResult(network.OnQuote(call));
    }

    public Task<IReadOnlyList<string>> Levels() => Task.FromResult<IReadOnlyList<string>>(key == "quote:atoma-demo" ? ["none", "sampled"] : []);
}
