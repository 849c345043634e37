using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Orleans.Concurrency;

namespace Atoma.Grains.Requests;

/// <summary>Quotes without accepting. As many activations as there are callers.</summary>
[StatelessWorker]
internal sealed class QuoteGrain(ITokenizers tokenizers, NetworkOptions options, TimeProvider time) : Grain, IQuoteGrain
{
    private readonly Quoter _quoter = new(options);

    private string Model => this.GetPrimaryKeyString()[Keys.QuotePrefix.Length..];

    public async Task<QuoteReply> Quote(SubmitCall call)
    {
        if (tokenizers.Find(Model) is not { } tokenizer || await MarketAsync() is not { } market)
            return new QuoteReply(SubmitStatus.UnknownModel, Quoter.UnknownModel(Model), null);
        var quote = _quoter.Make(call, market, tokenizer, time.GetUtcNow());
        return quote.Spec is { } spec
            ? new QuoteReply(SubmitStatus.Accepted, "", _quoter.Describe(spec, market.Offers))
            : new QuoteReply(quote.Refusal!.Status, quote.Refusal.Message, null);
    }

    public async Task<IReadOnlyList<string>> Levels() =>
        await MarketAsync() is { } market ? [.. _quoter.Served(market.Offers).Select(l => l.ToString())] : [];

    private Task<ModelMarket?> MarketAsync() => GrainFactory.GetGrain<IModelGrain>(Keys.Model(Model)).Market();
}
