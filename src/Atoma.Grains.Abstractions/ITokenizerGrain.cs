namespace Atoma.Grains.Abstractions;

/// <summary>A model's tokenizer, by model id. Stateless: it counts what a prompt would be charged for, and knows how calls of tools are written.</summary>
[Alias("atoma.ITokenizerGrain")]
public interface ITokenizerGrain : IGrainWithStringKey
{
    [Alias("Tokenize")]
    Task<TokenizeReply> Tokenize(TokenizeCall call);

    /// <summary>How the model writes calls of tools (<see cref="Atoma.Protocol.Models.ToolCallFormat"/>); 0 when it takes none or is unknown.</summary>
    [Alias("ToolCalls")]
    Task<int> ToolCalls();
}

/// <param name="Prompt">A plain text, or null for a conversation.</param>
/// <param name="Messages">A conversation.</param>
/// <param name="Tools">Tools that the model may call, JSON objects.</param>
[GenerateSerializer, Alias("atoma.TokenizeCall"), Immutable]
public sealed record TokenizeCall(
    [property: Id(0)] string? Prompt, [property: Id(1)] IReadOnlyList<ChatTurn> Messages, [property: Id(2)] IReadOnlyList<string> Tools);

/// <param name="Status">Accepted, UnknownModel, ToolsUnavailable or BadPrompt.</param>
/// <param name="Message">Why not; empty when accepted.</param>
/// <param name="Tokens">Token ids as a request with this prompt would have them.</param>
[GenerateSerializer, Alias("atoma.TokenizeReply"), Immutable]
public sealed record TokenizeReply([property: Id(0)] SubmitStatus Status, [property: Id(1)] string Message, [property: Id(2)] IReadOnlyList<int> Tokens);
