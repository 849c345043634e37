using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atoma.Api.Answers;

/// <summary>What both kinds of question have in common. Fields that are not named here are ignored, as OpenAI does, or refused by name (see <see cref="UnsupportedFields"/>).</summary>
internal abstract record AnswerBody
{
    /// <summary>Model id, one of GET /v1/models.</summary>
    [Required]
    public string? Model { get; init; }

    /// <summary>Send the answer piece by piece as server-sent events. Pieces are provisional until the last one.</summary>
    public bool? Stream { get; init; }

    /// <summary>Only with stream: true.</summary>
    public StreamOptionsBody? StreamOptions { get; init; }

    /// <summary>Most tokens to generate, 1 to 16384.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Answers wanted, 1 to 8, each with a seed of its own (a given seed, and those that follow it). Default 1.</summary>
    public int? N { get; init; }

    /// <summary>0 to 2; 0 takes the likeliest token. Default 1.</summary>
    public double? Temperature { get; init; }

    /// <summary>Above 0, at most 1. Default 1.</summary>
    public double? TopP { get; init; }

    /// <summary>0 to 256; 0 means as many as the protocol looks at. Default 0.</summary>
    public int? TopK { get; init; }

    /// <summary>0 to 1. Default 0.</summary>
    public double? MinP { get; init; }

    /// <summary>-2 to 2. Default 0.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>-2 to 2. Default 0.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>1 to 2; the log-probability of a token among the last repetition_window is multiplied by it. Default 1.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Tokens of prompt and answer that repetition_penalty looks back on; -1 for all. Default 64.</summary>
    public int? RepetitionWindow { get; init; }

    /// <summary>llama.cpp's name of repetition_penalty.</summary>
    public double? RepeatPenalty { get; init; }

    /// <summary>llama.cpp's name of repetition_window.</summary>
    public int? RepeatLastN { get; init; }

    /// <summary>Token id to bias, -100 to 100; at most 1024.</summary>
    public Dictionary<string, double>? LogitBias { get; init; }

    /// <summary>Any 64-bit integer: the same question with the same seed has the same answer. Without one the network draws it.</summary>
    public JsonElement? Seed { get; init; }

    /// <summary>One to four texts that end the answer; they are not part of it.</summary>
    public JsonElement? Stop { get; init; }

    /// <summary>Up to 16 token ids that end the answer; they are not part of it.</summary>
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    /// <summary>Go on after the model's end of an answer, to max_tokens.</summary>
    public bool? IgnoreEos { get; init; }

    /// <summary>A GBNF grammar (llama.cpp's notation) that the answer must fit, rule root; at most 64 KiB.</summary>
    public string? Grammar { get; init; }

    /// <summary>{"type": "text"}, {"type": "json_object"}, or {"type": "json_schema", "json_schema": {"name": "...", "schema": {...}}}: the answer is such JSON.</summary>
    public JsonElement? ResponseFormat { get; init; }

    /// <summary>Show the probability of each token. For chats true or false, with top_logprobs; for completions the number of likeliest tokens to show, 0 to 20.</summary>
    public JsonElement? Logprobs { get; init; }

    /// <summary>How much integrity to pay for: "none" (default), "sampled", "checked", "checked:3", "replicated:3", or {"assurance": 0.999}, the wanted probability that a wrong answer is caught.</summary>
    public JsonElement? Integrity { get; init; }

    /// <summary>Everything else that was sent.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>Body of POST /v1/chat/completions.</summary>
internal sealed record ChatCompletionBody : AnswerBody
{
    /// <summary>The conversation so far, at least one message.</summary>
    [Required]
    public IReadOnlyList<ChatMessageBody?>? Messages { get; init; }

    /// <summary>Another name of max_tokens.</summary>
    public int? MaxCompletionTokens { get; init; }

    /// <summary>Likeliest tokens to show of each position, 0 to 20; only with logprobs: true.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>Functions that the model may call, at most 128: {"type": "function", "function": {"name", "description", "parameters"}}.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>"auto" (default), "none", "required" or {"type": "function", "function": {"name": "..."}}: what must be called is the only thing that can be written.</summary>
    public JsonElement? ToolChoice { get; init; }

    /// <summary>Whether the answer may call several functions; with false only the first call is returned. Default true.</summary>
    public bool? ParallelToolCalls { get; init; }
}

/// <summary>One message of a conversation.</summary>
internal sealed record ChatMessageBody
{
    /// <summary>system, developer (the same), user, assistant or tool.</summary>
    [Required]
    public string? Role { get; init; }

    /// <summary>A text, or a list of parts {"type": "text", "text": "..."}. May be null in an assistant's message that calls functions.</summary>
    [Required]
    public JsonElement? Content { get; init; }

    /// <summary>Of an assistant's message: the functions that it called.</summary>
    public IReadOnlyList<ToolCallBody?>? ToolCalls { get; init; }

    /// <summary>Of a tool's message: id of the call whose result this is.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Of a tool's message: name of the function; the call's when not given.</summary>
    public JsonElement? Name { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>A function that the assistant called.</summary>
/// <param name="Id">Names the call.</param>
/// <param name="Type">"function".</param>
/// <param name="Function">What was called.</param>
internal sealed record ToolCallBody(string? Id, string? Type, CalledFunctionBody? Function);

/// <param name="Name">The function.</param>
/// <param name="Arguments">A JSON object, as text.</param>
internal sealed record CalledFunctionBody(string? Name, string? Arguments);

/// <summary>Body of POST /v1/completions.</summary>
internal sealed record TextCompletionBody : AnswerBody
{
    /// <summary>The text to go on with: a string or a list of token ids. A list of such prompts has n answers to each, in order.</summary>
    [Required]
    public JsonElement? Prompt { get; init; }

    /// <summary>Give the prompt's text before the completion; with logprobs also the probability of each of its tokens but the first, verified like the answer. max_tokens may then be 0: the prompt is scored and nothing is generated.</summary>
    public bool? Echo { get; init; }

    /// <summary>Only as many as n: all answers are returned.</summary>
    public int? BestOf { get; init; }
}

internal sealed record StreamOptionsBody
{
    /// <summary>Send one more chunk with the token counts before the end.</summary>
    public bool? IncludeUsage { get; init; }
}
