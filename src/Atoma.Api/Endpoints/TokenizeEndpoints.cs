using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Atoma.Api.Answers;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;

namespace Atoma.Api.Endpoints;

/// <summary>Body of POST /v1/tokenize: a prompt, or messages with or without tools, as a request for an answer would have them.</summary>
internal sealed record TokenizeBody
{
    /// <summary>Model id, one of GET /v1/models.</summary>
    [Required]
    public string? Model { get; init; }

    /// <summary>A text, as for POST /v1/completions.</summary>
    public string? Prompt { get; init; }

    /// <summary>A conversation, as for POST /v1/chat/completions.</summary>
    public IReadOnlyList<ChatMessageBody?>? Messages { get; init; }

    /// <summary>Functions that the model may call.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Return the token ids as well. Default false.</summary>
    public bool? Ids { get; init; }
}

/// <param name="Object">"tokenization".</param>
/// <param name="Model">Model id.</param>
/// <param name="Count">Tokens that a request with this prompt is charged for.</param>
/// <param name="Tokens">Their ids, when asked for.</param>
internal sealed record Tokenization(
    string Object, string Model, int Count,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Tokens);

internal static class TokenizeEndpoints
{
    public static void MapTokenize(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/tokenize", Tokenize)
            .WithName("tokenize").WithTags("Models").WithSummary("Count the tokens of a prompt")
            .WithDescription("By the model's own tokenizer and chat template, exactly as a request is counted. Costs nothing and asks no node.")
            .Accepts<TokenizeBody>("application/json", AnswerTexts.AnyType)
            .Produces<Tokenization>().ProducesErrors(400, 401, 404, 413, 503).RequireAuthorization(AtomaPolicies.Reader);

    private static async Task<IResult> Tokenize(HttpContext context, AnswerGate gate, IGrainFactory grains, Limits limits)
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            return OpenAiErrors.Busy();
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.TokenizeBody)).Failed(out var error, out var body) || Read(body, limits).Failed(out error, out var call))
            return error;
        var reply = await grains.GetGrain<ITokenizerGrain>(Keys.Tokenizer(body.Model!)).Tokenize(call);
        return reply.Status switch
        {
            SubmitStatus.Accepted => TypedResults.Json(
                new Tokenization("tokenization", body.Model!, reply.Tokens.Count, body.Ids is true ? reply.Tokens : null), ApiJson.Web.Tokenization),
            SubmitStatus.UnknownModel => OpenAiErrors.ModelNotFound(body.Model!),
            SubmitStatus.ToolsUnavailable => OpenAiErrors.PromptProblem("tools_unavailable", reply.Message, "tools"),
            _ => OpenAiErrors.PromptProblem("invalid_prompt", reply.Message, call.Prompt is null ? ChatQuestion.Field : "prompt"),
        };
    }

    private static Parsed<TokenizeCall> Read(TokenizeBody body, Limits limits)
    {
        if (string.IsNullOrEmpty(body.Model))
            return OpenAiErrors.Missing("model", "Name one of those that GET /v1/models lists.");
        if (body.Model.Length > ModelLimits.IdLength)
            return OpenAiErrors.ModelNotFound(body.Model[..ModelLimits.IdLength] + "…");
        if (body.Prompt is null == body.Messages is null)
            return OpenAiErrors.Invalid("prompt", "or 'messages' must be sent, and not both");
        if (ToolsParser.Parse(new ChatCompletionBody { Tools = body.Tools }, limits).Failed(out var error, out var tools))
            return error;
        if (body.Prompt is { } prompt)
            return tools.IsEmpty ? new TokenizeCall(prompt, [], []) : OpenAiErrors.Invalid("tools", "is only allowed with 'messages'");
        return ChatQuestion.Turns(body.Messages, limits).Failed(out error, out var turns) ? error : new TokenizeCall(null, turns, tools.Definitions);
    }
}
