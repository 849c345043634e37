using Atoma.Api.Errors;

namespace Atoma.Api.Endpoints;

internal static class EndpointConventions
{
    /// <summary>Documents that the endpoint answers with an OpenAI-shaped error in these cases.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder builder, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            builder.Produces<ErrorBody>(status, "application/json");
        return builder;
    }

    /// <summary>The query's <c>limit</c>; false when it is no number in range.</summary>
    public static bool TryLimit(HttpContext context, Limits limits, out int limit, out ApiError error)
    {
        limit = Math.Min(limits.ListEntriesDefault, limits.ListEntries);
        error = OpenAiErrors.Invalid("limit", $"must be between 1 and {limits.ListEntries}");
        var text = context.Request.Query["limit"].ToString();
        return text.Length == 0 || (int.TryParse(text, System.Globalization.NumberStyles.None, null, out limit) && limit >= 1 && limit <= limits.ListEntries);
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
