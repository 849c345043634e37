using System.Security.Claims;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Api.Answers;

/// <summary>An answer that was asked for before, as its requests stand now.</summary>
/// <param name="Answer">To follow it.</param>
/// <param name="Choices">Each choice's request.</param>
internal sealed record StoredAnswer(OpenAnswer Answer, IReadOnlyList<RequestInfo> Choices)
{
    public bool IsOpen => Choices.Any(c => c.Outcome.Length == 0);

    /// <summary>Whether the requester has any of it.</summary>
    public bool IsGiven => Choices.Any(c => c.Outcome is "settled" or AnswerEnd.Delivered);
}

/// <summary>Finds answers by the id of any of their requests, for whoever asked.</summary>
internal sealed class StoredAnswers(IGrainFactory grains)
{
    public async Task<Parsed<StoredAnswer>> FindAsync(string id, ClaimsPrincipal user)
    {
        if (!Hash32.TryParse(id, out var hash) || await Open(hash).Grain.Describe() is not { } info || info.Account != user.Account())
            return OpenAiErrors.RequestNotFound();
        if (AnswerForm.Parse(info.Form) is not { Kind: AnswerKind.Chat or AnswerKind.Text } form)
            return OpenAiErrors.AnswerNotKept();
        OpenRequest[] requests = [.. form.Requests.Select(r => Open(Hash32.Parse(r)))];
        var choices = await Task.WhenAll(requests.Select(r => r.Grain.Describe()));
        if (Array.Exists(choices, c => c is null))
            return OpenAiErrors.RequestNotFound();
        var answer = new OpenAnswer(requests, form, info.Model, info.CreatedAt.ToUnixTimeSeconds(), (ToolCallFormat)info.ToolCalls, info.Streaming, Own: false);
        return new StoredAnswer(answer, choices!);
    }

    private OpenRequest Open(Hash32 id) => new(id.ToString(), grains.GetGrain<IRequestGrain>(Keys.Request(id)));
}
