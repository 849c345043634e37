using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Orleans.Concurrency;

namespace Atoma.Grains.Models;

/// <summary>Counts tokens. As many activations as there are callers: a long text holds up nobody else.</summary>
[StatelessWorker]
internal sealed class TokenizerGrain(ITokenizers tokenizers) : Grain, ITokenizerGrain
{
    public Task<TokenizeReply> Tokenize(TokenizeCall call)
    {
        var model = this.GetPrimaryKeyString()[Keys.TokenizerPrefix.Length..];
        return Task.FromResult(tokenizers.Find(model) is { } tokenizer
            ? Prompts.Tokenize(model, tokenizer, call)
            : new TokenizeReply(SubmitStatus.UnknownModel, $"There is no model '{model}' in this network. GET /v1/models lists them.", []));
    }
}
