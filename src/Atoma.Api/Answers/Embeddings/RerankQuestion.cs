using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers.Embeddings;

/// <summary>What POST /v1/rerank asks: embeddings of the query and the documents, in this order.</summary>
internal sealed record RerankQuestion : VectorQuestion
{
    private const string Field = "documents";

    /// <summary>One input is the query.</summary>
    private const int DocumentsMax = VerificationLimits.EmbeddingInputs - 1;

    public required int TopN { get; init; }

    public required bool ReturnDocuments { get; init; }

    public static Parsed<RerankQuestion> Parse(RerankBody body)
    {
        if (VectorFields.Parse(body).Failed(out var error, out var fields))
            return error;
        if (string.IsNullOrEmpty(body.Query))
            return OpenAiErrors.Missing("query", "Send the text that the documents are held against.");
        if (body.Documents is not { Count: > 0 } documents)
            return OpenAiErrors.Missing(Field, "Send at least one text.");
        if (documents.Count > DocumentsMax)
            return OpenAiErrors.Invalid(Field, $"has more than {DocumentsMax} texts; send the rest in another request");
        if (body.TopN < 1)
            return OpenAiErrors.Invalid("top_n", "must be at least 1");
        var inputs = new List<EmbeddingInput> { new(body.Query, []) };
        foreach (var document in documents)
        {
            if (Text(document) is not { Length: > 0 } text)
                return OpenAiErrors.Invalid($"{Field}[{inputs.Count - 1}]", "must be a text that is not empty, or an object with one in 'text'", "invalid_type");
            inputs.Add(new EmbeddingInput(text, []));
        }

        return new RerankQuestion
        {
            Model = fields.Model, PromptField = Field, Parameters = VectorFields.Parameters, MaxTokens = 0, SeedGiven = false, Integrity = fields.Integrity,
            Assurance = fields.Assurance, Logprobs = null, Streaming = false, IncludeUsage = false, Inputs = inputs,
            TopN = body.TopN ?? documents.Count, ReturnDocuments = body.ReturnDocuments is true,
        };
    }

    public override byte[] Write(AnswerEnd end, AtomaBody atoma)
    {
        var ranked = end.Vectors.Skip(1)
            .Select((v, i) => new RankedDocument(i, EmbeddingVector.Cosine(end.Vectors[0], v), ReturnDocuments ? new DocumentBody(Inputs[i + 1].Text!) : null))
            .OrderByDescending(d => d.RelevanceScore).ThenBy(d => d.Index).Take(TopN);
        return JsonSerializer.SerializeToUtf8Bytes(new Reranking("list", Model, [.. ranked], Usage(end), atoma), ApiJson.Web.Reranking);
    }

    private static string? Text(JsonElement document)
    {
        if (document.ValueKind == JsonValueKind.Object)
            return document.TryGetProperty("text", out var inner) && JsonBody.TryText(inner, out var within) ? within : null;
        return JsonBody.TryText(document, out var text) ? text : null;
    }
}
