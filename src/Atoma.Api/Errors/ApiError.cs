using Atoma.Api.Answers;
using Atoma.Api.Json;

namespace Atoma.Api.Errors;

/// <summary>A refusal as the caller sees it: an HTTP status and an OpenAI-shaped error object.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">Family of the error, as OpenAI names them.</param>
/// <param name="Code">What programs switch on.</param>
/// <param name="Message">What is wrong and what to do about it.</param>
/// <param name="Param">The field at fault, when there is one.</param>
/// <param name="Atoma">The request this happened to, when there is one.</param>
internal sealed record ApiError(int Status, string Type, string Code, string Message, string? Param = null, AtomaBody? Atoma = null) : IResult
{
    /// <summary>Sent as Retry-After, seconds.</summary>
    public int? RetryAfterSeconds { get; init; }

    public ErrorBody Body => new(new ErrorDetail(Message, Type, Param, Code, Atoma));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        GatewayMetrics.Refused(Status, Code);
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString();
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.WriteAsJsonAsync(Body, ApiJson.Web.ErrorBody, contentType: null, CancellationToken.None);
    }
}

/// <summary>OpenAI's error envelope.</summary>
internal sealed record ErrorBody(ErrorDetail Error);

/// <param name="Message">What is wrong and what to do about it.</param>
/// <param name="Type">Family of the error.</param>
/// <param name="Param">The field at fault, or null.</param>
/// <param name="Code">What programs switch on.</param>
/// <param name="Atoma">The request this happened to, when there is one.</param>
internal sealed record ErrorDetail(
    string Message, string Type, string? Param, string Code,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] AtomaBody? Atoma);
