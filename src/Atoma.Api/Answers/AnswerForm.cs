using System.Text.Json;
using System.Text.Json.Serialization;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Json;
using Atoma.Protocol.Requests;

namespace Atoma.Api.Answers;

/// <summary>Which endpoint's bodies an answer is written in. Stored: append only.</summary>
internal enum AnswerKind
{
    /// <summary>Embeddings: written for whoever sent the question, and not again.</summary>
    Vectors = 0,
    Chat = 1,
    Text = 2,
}

/// <summary>
/// How an answer is written, kept with its requests: whoever fetches it later, or resumes its stream, gets the same. Only
/// <see cref="Kind"/> and <see cref="Requests"/> are always there.
/// </summary>
internal sealed record AnswerForm
{
    public AnswerKind Kind { get; init; }

    /// <summary>Ids of the requests that make up the answer, by choice.</summary>
    public IReadOnlyList<string> Requests { get; init; } = [];

    /// <summary>Names of the functions that the question offers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Functions { get; init; }

    /// <summary>Whether only the first call of a function is shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OnlyOneCall { get; init; }

    /// <summary>Likeliest tokens to show of each position; null for no probabilities.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Logprobs { get; init; }

    /// <summary>Whether the prompt's text comes before the answer's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Echo { get; init; }

    /// <summary>Whether a stream says how many tokens there were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IncludeUsage { get; init; }

    [JsonIgnore]
    public ToolSet Tools => Functions is { Count: > 0 } names ? ToolSet.Named(names, OnlyOneCall) : ToolSet.None;

    public static AnswerForm Of(Question question, IReadOnlyList<string> requests) => new()
    {
        Kind = question.Kind,
        Requests = requests,
        Functions = question.Tools.IsEmpty ? null : [.. question.Tools.Names],
        OnlyOneCall = question.Tools.OnlyOne,
        Logprobs = question.Logprobs,
        Echo = question.Echo,
        IncludeUsage = question.IncludeUsage,
    };

    /// <summary>At most <see cref="RequesterNote.FormLength"/> characters: the fields that it is made of are bounded.</summary>
    public string ToText() => JsonSerializer.Serialize(this, ApiJson.Web.AnswerForm);

    /// <summary>Null where the text is none of ours: the request was not submitted by this API.</summary>
    public static AnswerForm? Parse(string text)
    {
        if (text.Length == 0)
            return null;
        try
        {
            return JsonSerializer.Deserialize(text, ApiJson.Web.AnswerForm) is { Requests.Count: > 0 } form ? form : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
