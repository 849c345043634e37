using Atoma.Api.Errors;

namespace Atoma.Api.Endpoints;

/// <summary>Endpoints of OpenAI's that this network does not offer, refused by name rather than as unknown addresses.</summary>
internal static class RefusedEndpoints
{
    private static readonly (string Route, string What)[] Refused =
    [
        ("/v1/images/{**rest}", "Images are not offered: nodes run text models only."),
        ("/v1/audio/{**rest}", "Audio is not offered: nodes run text models only."),
        ("/v1/videos/{**rest}", "Video is not offered: nodes run text models only."),
        ("/v1/moderations", "Moderation is not offered."),
        ("/v1/responses/{**rest}", "The responses API is not offered; use POST /v1/chat/completions."),
    ];

    public static void MapRefused(this IEndpointRouteBuilder routes)
    {
        foreach (var (route, what) in Refused)
            routes.MapPost(route, () => OpenAiErrors.NotOffered(what)).ExcludeFromDescription().AllowAnonymous();
    }
}
