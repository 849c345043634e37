using System.Buffers.Binary;
using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers.Embeddings;

/// <summary>What POST /v1/embeddings asks.</summary>
internal sealed record EmbeddingQuestion : VectorQuestion
{
    private const string Field = "input";
    private const string Forms = "must be a text, a list of texts, a list of token ids, or a list of such lists";

    public required bool Base64 { get; init; }

    public static Parsed<EmbeddingQuestion> Parse(EmbeddingBody body)
    {
        if (VectorFields.Parse(body).Failed(out var error, out var fields))
            return error;
        if (body.EncodingFormat is not (null or "float" or "base64"))
            return OpenAiErrors.Invalid("encoding_format", "must be \"float\" or \"base64\"");
        if (body.Input is not { } input)
            return OpenAiErrors.Missing(Field, "Send what to embed.");
        if (ReadInputs(input, out var inputs) is { } wrong)
            return wrong;
        return new EmbeddingQuestion
        {
            Model = fields.Model, PromptField = Field, Parameters = VectorFields.Parameters, MaxTokens = 0, SeedGiven = false, Integrity = fields.Integrity,
            Assurance = fields.Assurance, Logprobs = null, Streaming = false, IncludeUsage = false, Inputs = inputs, Base64 = body.EncodingFormat == "base64",
        };
    }

    public override byte[] Write(AnswerEnd end, AtomaBody atoma)
    {
        EmbeddingItem[] items = [.. end.Vectors.Select((v, i) => new EmbeddingItem("embedding", i, Base64
            ? JsonSerializer.SerializeToElement(Encode(v), ApiJson.Web.String)
            : JsonSerializer.SerializeToElement(v, ApiJson.Web.SingleArray)))];
        return JsonSerializer.SerializeToUtf8Bytes(new EmbeddingList("list", items, Model, Usage(end), atoma), ApiJson.Web.EmbeddingList);
    }

    private static string Encode(float[] vector)
    {
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        return Convert.ToBase64String(bytes);
    }

    private static ApiError? ReadInputs(JsonElement input, out IReadOnlyList<EmbeddingInput> inputs)
    {
        inputs = [];
        if (JsonBody.TryText(input, out var text))
            return Take([new EmbeddingInput(text, [])], out inputs);
        if (input.ValueKind != JsonValueKind.Array)
            return Wrong(Field, Forms);
        if (input.GetArrayLength() == 0)
            return OpenAiErrors.Invalid(Field, "must not be empty");
        if (JsonBody.TryTokens(input, out var tokens))
            return Take([new EmbeddingInput(null, tokens)], out inputs);
        if (input.GetArrayLength() > VerificationLimits.EmbeddingInputs)
            return OpenAiErrors.Invalid(Field, $"has more than {VerificationLimits.EmbeddingInputs} inputs; send the rest in another request");
        var list = new List<EmbeddingInput>();
        foreach (var item in input.EnumerateArray())
        {
            if (JsonBody.TryText(item, out text))
                list.Add(new EmbeddingInput(text, []));
            else if (JsonBody.TryTokens(item, out tokens))
                list.Add(new EmbeddingInput(null, tokens));
            else
                return Wrong($"{Field}[{list.Count}]", "must be a text or a list of token ids");
        }

        return Take(list, out inputs);
    }

    private static ApiError? Take(IReadOnlyList<EmbeddingInput> list, out IReadOnlyList<EmbeddingInput> inputs)
    {
        inputs = list;
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is { Text.Length: 0 } or { Text: null, Tokens.Count: 0 })
                return OpenAiErrors.Invalid(list.Count == 1 ? Field : $"{Field}[{i}]", "must not be empty");
        }

        return null;
    }

    private static ApiError Wrong(string param, string wanted) => OpenAiErrors.Invalid(param, wanted, "invalid_type");
}
