using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers.Embeddings;

/// <summary>A question that is answered with vectors.</summary>
internal abstract record VectorQuestion : Question
{
    /// <summary>The answer's body as UTF-8 JSON.</summary>
    /// <param name="end">Settled.</param>
    /// <param name="atoma">Of the request.</param>
    public abstract byte[] Write(AnswerEnd end, AtomaBody atoma);

    protected static VectorUsage Usage(AnswerEnd end) => new(end.PromptTokens, end.PromptTokens);
}

/// <summary>Reads what such questions have in common.</summary>
internal static class VectorFields
{
    /// <summary>Nothing is sampled: whatever the model's defaults are.</summary>
    public static SamplingParameters Parameters { get; } = new();

    public static Parsed<Fields> Parse(VectorBody body)
    {
        if (string.IsNullOrEmpty(body.Model))
            return OpenAiErrors.Missing("model", "Name one of those that GET /v1/models lists.");
        if (body.Model.Length > ModelLimits.IdLength)
            return OpenAiErrors.ModelNotFound(body.Model[..ModelLimits.IdLength] + "…");
        return Integrity.Parse(body.Integrity, out var level, out var assurance) is { } problem ? problem : new Fields(body.Model, level, assurance);
    }

    /// <param name="Model">Model id.</param>
    /// <param name="Integrity">Empty when an assurance is given.</param>
    /// <param name="Assurance">Wanted probability.</param>
    public sealed record Fields(string Model, string Integrity, double? Assurance);
}
