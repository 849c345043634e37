using Atoma.Grains.Abstractions;
using Atoma.Grains.Requests;
using Atoma.Protocol.Models;
using Orleans.Concurrency;

namespace Atoma.Grains.Models;

/// <summary>Counts tokens. As many activations as there are callers: a long text holds up nobody else.</summary>
[StatelessWorker]
internal sealed class TokenizerGrain(ITokenizers tokenizers) : Grain, ITokenizerGrain
{
    private string Model => this.GetPrimaryKeyString()[Keys.TokenizerPrefix.Length..];

    public Task<TokenizeReply> Tokenize(TokenizeCall call) =>
        Task.FromResult(tokenizers.Find(Model) is { } tokenizer
            ? Prompts.Tokenize(Model, tokenizer, call)
            : new TokenizeReply(SubmitStatus.UnknownModel, Quoter.UnknownModel(Model), []));

    public Task<int> ToolCalls() => Task.FromResult((int)(tokenizers.Find(Model)?.ToolCalls ?? ToolCallFormat.None));
}
