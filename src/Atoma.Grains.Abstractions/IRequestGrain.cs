using Orleans.Concurrency;

namespace Atoma.Grains.Abstractions;

/// <summary>One request, from submission to its receipt (P5).</summary>
[Alias("atoma.IRequestGrain")]
public interface IRequestGrain : IGrainWithStringKey
{
    /// <summary>
    /// Quotes, holds and accepts in one step (P5.1), then starts the work unless it is deferred. Nothing is charged unless
    /// accepted. An idempotency key that was used is looked up before anything else.
    /// </summary>
    [Alias("Submit")]
    Task<SubmitReply> Submit(SubmitCall call);

    /// <summary>Starts the work of a deferred request. Asked for again, or of a request that has begun or ended, it does nothing.</summary>
    [Alias("Begin")]
    Task Begin();

    /// <summary>Everything that happened from event <paramref name="from"/> on, then what happens, up to and including the last event.</summary>
    [Alias("Watch")]
    [AlwaysInterleave]
    IAsyncEnumerable<AnswerEvent> Watch(int from, CancellationToken cancellationToken = default);

    /// <summary>The requester is gone (P5.8).</summary>
    [Alias("Cancel")]
    Task Cancel();

    /// <summary>A verified message of a node, canonical bytes.</summary>
    [Alias("Receive")]
    Task Receive(string node, byte[] message);

    [Alias("NodeLost")]
    Task NodeLost(string node);

    /// <summary>Accepts a review (<see cref="Atoma.Protocol.Requests.Review"/>) and starts it. Asked for again, it is the same one.</summary>
    /// <param name="spec">Canonical bytes of the request, whose id is this grain's.</param>
    /// <returns>A <see cref="Atoma.Protocol.Ledger.LedgerStatus"/>.</returns>
    [Alias("Review")]
    Task<int> Review(byte[] spec);

    /// <summary>The requester doubts the settled answer (P8.3).</summary>
    [Alias("Dispute")]
    Task<DisputeReply> Dispute(string account);

    /// <summary>Called for open requests that are due, or that a stop of the process has orphaned.</summary>
    [Alias("Sweep")]
    Task Sweep();

    /// <summary>How a contract's request ended; null while it has not.</summary>
    [Alias("Outcome")]
    Task<ContractOutcome?> Outcome();

    /// <summary>Asks the nodes of a settled request to sign its answer for a contract; <see cref="Outcome"/> shows what comes.</summary>
    /// <param name="domain">EIP-712 domain separator of the gateway, 32 bytes.</param>
    [Alias("AskSignatures")]
    Task AskSignatures(byte[] domain);

    /// <summary>The prompt as text, of a request that there is.</summary>
    [Alias("Prompt")]
    [AlwaysInterleave]
    Task<PromptText> Prompt();

    /// <summary>The request as JSON (<see cref="Atoma.Protocol.Receipts.RequestView"/>), and whose it is; null when there is none.</summary>
    [Alias("Describe")]
    [AlwaysInterleave]
    Task<RequestInfo?> Describe();
}

/// <summary>A request as submitted.</summary>
[GenerateSerializer, Alias("atoma.SubmitCall"), Immutable]
public sealed record SubmitCall
{
    [Id(0)] public required string Account { get; init; }

    /// <summary>Empty, or at most 128 characters.</summary>
    [Id(1)] public required string IdempotencyKey { get; init; }

    [Id(2)] public required string Model { get; init; }

    /// <summary>A conversation, or empty when <see cref="Prompt"/> is set.</summary>
    [Id(3)] public required IReadOnlyList<ChatTurn> Messages { get; init; }

    /// <summary>A plain text to complete.</summary>
    [Id(4)] public required string? Prompt { get; init; }

    /// <summary>Canonical bytes of the sampling parameters; the seed in them counts only with <see cref="SeedGiven"/>.</summary>
    [Id(5)] public required byte[] Parameters { get; init; }

    /// <summary>0 means as many tokens as the model's context has left (at most the default limit), unless the parameters, too, say 0: only the prompt is scored then.</summary>
    [Id(6)] public required int MaxTokens { get; init; }

    [Id(7)] public required bool SeedGiven { get; init; }

    /// <summary>A level as written in the API, or empty when <see cref="Assurance"/> is set.</summary>
    [Id(8)] public required string Integrity { get; init; }

    /// <summary>Wanted probability that a wrong answer is caught.</summary>
    [Id(9)] public required double? Assurance { get; init; }

    [Id(10)] public required bool Streaming { get; init; }

    /// <summary>32 random bytes of the requester's side (P3.2); the grain's key follows from account and nonce.</summary>
    [Id(11)] public required byte[] Nonce { get; init; }

    /// <summary>Tools that the model may call: JSON objects as in OpenAI's API.</summary>
    [Id(12)] public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>What to embed, where embeddings are asked for instead of an answer: then prompt, messages and sampling count for nothing.</summary>
    [Id(13)] public IReadOnlyList<EmbeddingInput> Inputs { get; init; } = [];

    /// <summary>The money is held and the work waits for <see cref="IRequestGrain.Begin"/>; without it the request ends at its deadline, refunded.</summary>
    [Id(20)] public bool Deferred { get; init; }

    /// <summary>Which of <see cref="Choices"/> answers of one question this is, from 0.</summary>
    [Id(21)] public int Choice { get; init; }

    /// <summary>Answers that were asked for at once.</summary>
    [Id(22)] public int Choices { get; init; } = 1;

    /// <summary>A prompt as token ids, instead of <see cref="Prompt"/>; empty when there is none.</summary>
    [Id(23)] public IReadOnlyList<int> PromptTokens { get; init; } = [];

    /// <summary>How the answer is to be written; kept with the request and given back by <see cref="IRequestGrain.Describe"/>.</summary>
    [Id(24)] public string Form { get; init; } = "";

    /// <summary>SHA-256 of the API key it was asked with, hex, whose budget it is charged to; empty for none.</summary>
    [Id(25)] public string KeyHash { get; init; } = "";
}

/// <param name="Text">A plain text, or null.</param>
/// <param name="Tokens">Token ids, where there is no text.</param>
[GenerateSerializer, Alias("atoma.EmbeddingInput"), Immutable]
public sealed record EmbeddingInput([property: Id(0)] string? Text, [property: Id(1)] IReadOnlyList<int> Tokens);

/// <param name="Role">system, user, assistant or tool.</param>
/// <param name="Content">Plain text.</param>
[GenerateSerializer, Alias("atoma.ChatTurn"), Immutable]
public sealed record ChatTurn([property: Id(0)] string Role, [property: Id(1)] string Content)
{
    /// <summary>Of a tool's message: the tool, where it is named.</summary>
    [Id(2)] public string? Name { get; init; }

    /// <summary>Of a tool's message: the call that it answers.</summary>
    [Id(3)] public string? ToolCallId { get; init; }

    /// <summary>Of an assistant's message.</summary>
    [Id(4)] public IReadOnlyList<CalledTool> ToolCalls { get; init; } = [];
}

/// <param name="Id">Names the call.</param>
/// <param name="Name">Names the tool.</param>
/// <param name="Arguments">A JSON object.</param>
[GenerateSerializer, Alias("atoma.CalledTool"), Immutable]
public sealed record CalledTool([property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] string Arguments);

/// <summary>Outcome of a submission, in order of precedence. Append only.</summary>
public enum SubmitStatus
{
    Accepted = 0,

    /// <summary>The idempotency key belongs to this earlier, equal request: watch that one.</summary>
    Existing = 1,

    UnknownModel = 2,
    BadParameters = 3,
    BadPrompt = 4,
    PromptTooLong = 5,
    IntegrityUnknown = 6,
    IntegrityUnavailable = 7,
    NoEligibleNode = 8,

    /// <summary>The key was used for a different request.</summary>
    IdempotencyConflict = 9,

    InsufficientFunds = 10,

    /// <summary>The model cannot be given tools. Found before the prompt is made.</summary>
    ToolsUnavailable = 11,

    /// <summary>The model has no embeddings, or none that fit one request.</summary>
    EmbeddingsUnavailable = 12,

    /// <summary>More than the key's budget has left.</summary>
    BudgetExceeded = 13,
}

/// <param name="Status">Accepted, Existing or why not.</param>
/// <param name="Message">For people: what to do.</param>
/// <param name="Request">Request id in hex, when accepted or existing.</param>
/// <param name="Integrity">The level as resolved.</param>
/// <param name="PromptTokens">Counted by the model's tokenizer.</param>
/// <param name="HoldMicros">What is held, or would have to be.</param>
/// <param name="ToolCalls">How the model writes calls of tools (<see cref="Atoma.Protocol.Models.ToolCallFormat"/>), when accepted or existing.</param>
[GenerateSerializer, Alias("atoma.SubmitReply"), Immutable]
public sealed record SubmitReply(
    [property: Id(0)] SubmitStatus Status, [property: Id(1)] string Message, [property: Id(2)] string Request, [property: Id(3)] string Integrity,
    [property: Id(4)] int PromptTokens, [property: Id(5)] long HoldMicros, [property: Id(6)] int ToolCalls = 0);

/// <summary>One thing that happened to an answer.</summary>
[GenerateSerializer, Alias("atoma.AnswerEvent"), Immutable]
public sealed record AnswerEvent
{
    /// <summary>Position in the request's history, from 0.</summary>
    [Id(0)] public required int Index { get; init; }

    /// <summary>Text that follows what was shown; may be empty.</summary>
    [Id(1)] public required string Text { get; init; }

    /// <summary>Set on the last event only.</summary>
    [Id(2)] public AnswerEnd? End { get; init; }

    /// <summary>Probabilities of the tokens whose text is complete with this event, where asked for; provisional as the text.</summary>
    [Id(3)] public IReadOnlyList<TokenLogprobs> Logprobs { get; init; } = [];

    /// <summary>Of the prompt's tokens, the first one's included, where they were to be scored: once, on the event that shows something first.</summary>
    [Id(4)] public IReadOnlyList<TokenLogprobs> PromptLogprobs { get; init; } = [];
}

/// <param name="Token">Token id.</param>
/// <param name="Bytes">Its UTF-8 bytes, maybe part of a character; empty for special tokens.</param>
/// <param name="Quanta">−ln p in steps of 1/2048 nat, 0 to 65535; <see cref="Unscored"/> for a prompt's first token, which nothing comes before.</param>
[GenerateSerializer, Alias("atoma.TokenLogprob"), Immutable]
public sealed record TokenLogprob([property: Id(0)] int Token, [property: Id(1)] byte[] Bytes, [property: Id(2)] int Quanta)
{
    public const int Unscored = -1;
}

/// <param name="Chosen">The token of the answer or of the prompt.</param>
/// <param name="Top">The likeliest tokens there, the likeliest first.</param>
[GenerateSerializer, Alias("atoma.TokenLogprobs"), Immutable]
public sealed record TokenLogprobs([property: Id(0)] TokenLogprob Chosen, [property: Id(1)] IReadOnlyList<TokenLogprob> Top);

/// <summary>How an answer ended.</summary>
[GenerateSerializer, Alias("atoma.AnswerEnd"), Immutable]
public sealed record AnswerEnd
{
    /// <summary>The status of an answer that is the requester's while its audit still decides over the money.</summary>
    public const string Delivered = "delivered";

    /// <summary>Whether the answer is the requester's.</summary>
    public bool IsGiven => Status is "settled" or Delivered;

    /// <summary>settled, delivered, refunded or expired.</summary>
    [Id(0)] public required string Status { get; init; }

    /// <summary>Empty when settled, else the refund reason in snake_case.</summary>
    [Id(1)] public required string Reason { get; init; }

    /// <summary>stop or length; empty unless settled.</summary>
    [Id(2)] public required string FinishReason { get; init; }

    [Id(3)] public required int PromptTokens { get; init; }

    [Id(4)] public required int OutputTokens { get; init; }

    [Id(5)] public required long PriceMicros { get; init; }

    /// <summary>The whole verified text; empty unless settled. Stop texts are cut off.</summary>
    [Id(6)] public required string Text { get; init; }

    [Id(7)] public required string Integrity { get; init; }

    /// <summary>Nodes convicted on the way.</summary>
    [Id(8)] public required int Convictions { get; init; }

    /// <summary>Verified probabilities of the tokens that <see cref="Text"/> is made of, where asked for.</summary>
    [Id(9)] public IReadOnlyList<TokenLogprobs> Logprobs { get; init; } = [];

    /// <summary>Verified embeddings of the inputs, in their order, where asked for; empty unless settled.</summary>
    [Id(10)] public IReadOnlyList<float[]> Vectors { get; init; } = [];

    /// <summary>Verified probabilities of the prompt's tokens, as in <see cref="AnswerEvent.PromptLogprobs"/>; empty unless settled.</summary>
    [Id(11)] public IReadOnlyList<TokenLogprobs> PromptLogprobs { get; init; } = [];
}

/// <summary>A prompt as its tokens read.</summary>
/// <param name="Text">Without a blank that the tokenizer puts before every text. What was sent, for a tokenizer that changes nothing.</param>
/// <param name="Tokens">How many they are.</param>
/// <param name="Blanks">1 where such a blank was left out, else 0.</param>
[GenerateSerializer, Alias("atoma.PromptText"), Immutable]
public sealed record PromptText([property: Id(0)] string Text, [property: Id(1)] int Tokens, [property: Id(2)] int Blanks);

/// <summary>Outcome of a dispute's opening, in order of precedence. Append only.</summary>
public enum DisputeStatus
{
    Opened = 0,

    /// <summary>No such request of this account.</summary>
    Unknown = 1,

    /// <summary>Only settled answers can be disputed.</summary>
    NotSettled = 2,

    /// <summary>The window has passed.</summary>
    TooLate = 3,

    /// <summary>Nobody can tell bit by bit: its nodes do not run in invariant mode.</summary>
    NotExact = 4,

    InsufficientFunds = 5,
}

/// <param name="Status">Opened or why not.</param>
/// <param name="Message">For people.</param>
/// <param name="Review">Id of the review's request in hex, when opened.</param>
/// <param name="BondMicros">What is held: lost if the answer is found right.</param>
[GenerateSerializer, Alias("atoma.DisputeReply"), Immutable]
public sealed record DisputeReply(
    [property: Id(0)] DisputeStatus Status, [property: Id(1)] string Message, [property: Id(2)] string Review, [property: Id(3)] long BondMicros);

/// <param name="Account">Whose request it is.</param>
/// <param name="Json">The view.</param>
/// <param name="Receipt">Text of receipt.json; null while open.</param>
[GenerateSerializer, Alias("atoma.RequestInfo"), Immutable]
public sealed record RequestInfo([property: Id(0)] string Account, [property: Id(1)] string Json, [property: Id(2)] string? Receipt)
{
    /// <summary><see cref="SubmitCall.Form"/>; empty where nothing was submitted (a review).</summary>
    [Id(3)] public string Form { get; init; } = "";

    /// <summary>Model id.</summary>
    [Id(4)] public string Model { get; init; } = "";

    /// <summary>Whether provisional pieces of its answer may be shown.</summary>
    [Id(5)] public bool Streaming { get; init; }

    /// <summary>How its model writes calls of tools (<see cref="Atoma.Protocol.Models.ToolCallFormat"/>).</summary>
    [Id(6)] public int ToolCalls { get; init; }

    /// <summary>When it was accepted.</summary>
    [Id(7)] public DateTimeOffset CreatedAt { get; init; }

    /// <summary><see cref="AnswerEnd.Status"/>; empty while the request is open.</summary>
    [Id(8)] public string Outcome { get; init; } = "";

    /// <summary><see cref="AnswerEnd.Reason"/>.</summary>
    [Id(9)] public string Reason { get; init; } = "";
}
