using System.Text.Json;
using Atoma.Api.Json;

namespace Atoma.Api.Answers;

/// <summary>Reads bodies that ask for an answer.</summary>
internal sealed class QuestionReader(Limits limits)
{
    /// <summary>Body of POST /v1/chat/completions.</summary>
    public async Task<Parsed<Question>> ChatAsync(HttpContext context) =>
        (await JsonBody.ReadAsync(context, ApiJson.Web.ChatCompletionBody)).Failed(out var error, out var body) ? error : ChatQuestion.Parse(body, limits);

    /// <summary>Body of POST /v1/completions.</summary>
    public async Task<Parsed<Question>> TextAsync(HttpContext context) =>
        (await JsonBody.ReadAsync(context, ApiJson.Web.TextCompletionBody)).Failed(out var error, out var body) ? error : TextQuestion.Parse(body, limits);

    /// <summary>Either of them: what has a 'prompt' is a text.</summary>
    public Parsed<Question> Any(JsonElement body)
    {
        var isText = body is { ValueKind: JsonValueKind.Object } && body.TryGetProperty("prompt", out _);
        if (isText)
            return JsonBody.Read(body, ApiJson.Web.TextCompletionBody).Failed(out var wrongText, out var text) ? wrongText : TextQuestion.Parse(text, limits);
        return JsonBody.Read(body, ApiJson.Web.ChatCompletionBody).Failed(out var error, out var chat) ? error : ChatQuestion.Parse(chat, limits);
    }
}
