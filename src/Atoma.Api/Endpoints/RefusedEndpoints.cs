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
        ("/v1/moderations", "Moderation is not offered: no model here is trained for it. Ask one to judge by POST /v1/chat/completions, with a 'response_format' of verdicts."),
        ("/v1/responses/{**rest}", "The responses API is not offered; use POST /v1/chat/completions."),
        ("/v1/assistants/{**rest}", "Assistants are not offered; use POST /v1/chat/completions with 'tools'."),
        ("/v1/threads/{**rest}", "Threads are not offered; send the whole conversation to POST /v1/chat/completions."),
        ("/v1/batches/{**rest}", "Batches are not offered; ask without waiting by POST /v1/requests."),
        ("/v1/files/{**rest}", "Files are not offered: nothing is kept. Send their text with the question."),
        ("/v1/uploads/{**rest}", "Uploads are not offered: nothing is kept. Send the text with the question."),
        ("/v1/fine_tuning/{**rest}", "Fine tuning is not offered: nodes serve models as they are."),
        ("/v1/vector_stores/{**rest}", "Vector stores are not offered; keep the vectors of POST /v1/embeddings yourself."),
    ];

    public static void MapRefused(this IEndpointRouteBuilder routes)
    {
        foreach (var (route, what) in Refused)
            routes.MapPost(route, () => OpenAiErrors.NotOffered(what)).ExcludeFromDescription().AllowAnonymous();
    }
}
