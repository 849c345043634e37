using Atoma.Api.Json;
using Atoma.Protocol.Settlement;
using Orleans.Runtime;

namespace Atoma.Api.Errors;

/// <summary>Turns what nobody handled, and the framework's own empty refusals, into OpenAI-shaped errors.</summary>
internal sealed class ErrorMiddleware(RequestDelegate next, Limits limits, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            Log.ClientGone(logger, context.Request.Method, context.Request.Path);
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await From(e, context).ExecuteAsync(context);
            return;
        }

        if (Empty(context) is { } error)
            await error.ExecuteAsync(context);
    }

    private ApiError From(Exception exception, HttpContext context)
    {
        context.Response.Clear();
        ResponseHeaders.Set(context);
        switch (exception)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return OpenAiErrors.BodyTooLarge(limits.BodyBytes);
            case BadHttpRequestException bad:
                return new ApiError(bad.StatusCode, OpenAiErrors.InvalidRequest, "bad_request", "The request could not be read: " + bad.Message);
            case TimeoutException or OrleansException:
                Log.NetworkUnavailable(logger, exception, context.Request.Path);
                return OpenAiErrors.NetworkUnavailable();
            case SettlementUnavailableException:
                Log.NetworkUnavailable(logger, exception, context.Request.Path);
                return new ApiError(503, OpenAiErrors.ServerError, "chain_unavailable", "The settlement chain does not answer right now. Nothing is lost; try again.");
            default:
                Log.Unhandled(logger, exception, context.Request.Method, context.Request.Path);
                return OpenAiErrors.Internal();
        }
    }

    private static ApiError? Empty(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.ContentLength is > 0 || response.ContentType is not null)
            return null;
        var (method, path) = (context.Request.Method, context.Request.Path.ToString());
        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => OpenAiErrors.UnknownRoute(method, path),
            StatusCodes.Status405MethodNotAllowed => OpenAiErrors.WrongMethod(method, path, response.Headers.Allow.ToString()),
            _ => null,
        };
    }
}

/// <summary>Headers of every response.</summary>
internal static class ResponseHeaders
{
    public const string RequestId = "x-request-id";

    public static void Set(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers[RequestId] = context.TraceIdentifier;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
