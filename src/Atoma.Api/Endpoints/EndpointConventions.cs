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

    /// <summary>The query's <c>limit</c> and <c>before</c> (0 for the newest); false when one is no number in range.</summary>
    public static bool TryPage(HttpContext context, Limits limits, out int limit, out long before, out ApiError error)
    {
        before = 0;
        if (!TryLimit(context, limits, out limit, out error))
            return false;
        error = OpenAiErrors.Invalid("before", "must be the sequence of the last line seen");
        var text = context.Request.Query["before"].ToString();
        return text.Length == 0 || (long.TryParse(text, System.Globalization.NumberStyles.None, null, out before) && before > 0);
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
