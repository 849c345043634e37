using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atoma.Api.Answers.Embeddings;

/// <summary>What bodies that are answered with vectors, or with what follows from them, have in common. Fields that are not named are ignored, as OpenAI does with user.</summary>
internal abstract record VectorBody
{
    /// <summary>Model id, one of GET /v1/models.</summary>
    [Required]
    public string? Model { get; init; }

    /// <summary>How much integrity to pay for: "none" (default), "checked", "checked:3", "replicated:3", or {"assurance": 0.999}, the wanted probability that a wrong answer is caught.</summary>
    public JsonElement? Integrity { get; init; }
}

/// <summary>Body of POST /v1/embeddings.</summary>
internal sealed record EmbeddingBody : VectorBody
{
    /// <summary>A text, a list of texts, a list of token ids, or a list of such lists; at most 256.</summary>
    [Required]
    public JsonElement? Input { get; init; }

    /// <summary>"float" (default), or "base64": 32-bit floats, little endian.</summary>
    public string? EncodingFormat { get; init; }

    /// <summary>Only the model's own number of values.</summary>
    public int? Dimensions { get; init; }
}

/// <summary>Body of POST /v1/rerank.</summary>
internal sealed record RerankBody : VectorBody
{
    /// <summary>What the documents are held against.</summary>
    [Required]
    public string? Query { get; init; }

    /// <summary>Texts, or objects {"text": "..."}; at most 255.</summary>
    [Required]
    public IReadOnlyList<JsonElement>? Documents { get; init; }

    /// <summary>How many results to return, the most relevant; default all.</summary>
    public int? TopN { get; init; }

    /// <summary>Return the documents' texts as well. Default false.</summary>
    public bool? ReturnDocuments { get; init; }
}

/// <param name="PromptTokens">Of all inputs.</param>
/// <param name="TotalTokens">The same: nothing is generated.</param>
internal sealed record VectorUsage(int PromptTokens, int TotalTokens);

/// <summary>Answer to POST /v1/embeddings.</summary>
internal sealed record EmbeddingList(string Object, IReadOnlyList<EmbeddingItem> Data, string Model, VectorUsage Usage, AtomaBody Atoma);

/// <param name="Object">"embedding".</param>
/// <param name="Index">Of the input.</param>
/// <param name="Embedding">A list of numbers or a base64 text.</param>
internal sealed record EmbeddingItem(string Object, int Index, JsonElement Embedding);

/// <summary>Answer to POST /v1/rerank, the most relevant first.</summary>
internal sealed record Reranking(string Object, string Model, IReadOnlyList<RankedDocument> Results, VectorUsage Usage, AtomaBody Atoma);

/// <param name="Index">Of the document as sent.</param>
/// <param name="RelevanceScore">Cosine of its embedding and the query's.</param>
/// <param name="Document">When asked for.</param>
internal sealed record RankedDocument(
    int Index, double RelevanceScore, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DocumentBody? Document);

internal sealed record DocumentBody(string Text);
