using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;

namespace Atoma.Api.Answers;

/// <param name="Answer">Accepted, or found by its idempotency key.</param>
/// <param name="Refusal">Why not.</param>
internal readonly record struct Submitted(OpenAnswer? Answer, SubmitReply? Refusal);

/// <summary>
/// Submits one question: all of its choices are held before any begins, or none is. The first choice has the idempotency key and
/// comes last, so that a question that is refused does not use the key up, and a key that was used leads to all choices of then.
/// </summary>
internal sealed class ChoiceSubmission(
    IGrainFactory grains, TimeProvider time, Question question, Asker asker, Func<IReadOnlyList<OpenRequest>, Task> cancel)
{
    /// <summary>Whether work waits until everything is in place.</summary>
    private bool _deferred;

    public async Task<Submitted> RunAsync(Func<OpenAnswer, Task>? beforeWork)
    {
        _deferred = question.Choices > 1 || beforeWork is not null;
        // What a key leads to does not depend on whether its other choices could be held again.
        if (question.Choices > 1 && await WasUsedAsync())
            return await FirstAsync(Draw(), beforeWork);

        var drawn = Draw();
        var others = drawn.Choices.Skip(1).Select((_, i) => SubmitAsync(drawn, i + 1)).ToArray();
        var replies = await SettleAsync(others, drawn);
        var held = drawn.Choices.Skip(1).Where((_, i) => replies[i].Status == SubmitStatus.Accepted).ToArray();
        if (Array.Find(replies, r => r.Status != SubmitStatus.Accepted) is { } refused)
        {
            await cancel(held);
            // A twin of this call may have taken the money meanwhile.
            return await WasUsedAsync() ? await FirstAsync(drawn, beforeWork) : new Submitted(null, refused);
        }

        var submitted = await FirstAsync(drawn, beforeWork);
        if (submitted.Answer is not { } answer || answer.Id != drawn.Choices[0].Id)
            await cancel(held);
        return submitted;
    }

    private sealed record Drawing(IReadOnlyList<OpenRequest> Choices, IReadOnlyList<Hash32> Nonces, AnswerForm Form);

    private Drawing Draw()
    {
        Hash32[] nonces = [.. Enumerable.Range(0, question.Choices).Select(_ => new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size)))];
        OpenRequest[] choices = [.. nonces.Select(n => Open(RequestSpec.IdOf(asker.Account, n).ToString()))];
        return new Drawing(choices, nonces, AnswerForm.Of(question, [.. choices.Select(c => c.Id)]));
    }

    private async Task<bool> WasUsedAsync() =>
        asker.IdempotencyKey.Length > 0 && await grains.GetGrain<IBooksGrain>(Keys.Books).IsIdempotencyKeyUsed(asker.Account, asker.IdempotencyKey);

    private Task<SubmitReply> SubmitAsync(Drawing drawn, int choice) =>
        drawn.Choices[choice].Grain.Submit(SubmitCalls.Of(question, asker, choice, drawn.Nonces[choice], drawn.Form.ToText()) with { Deferred = _deferred });

    /// <summary>The first choice, and with it the question: accepted, it begins with all others.</summary>
    private async Task<Submitted> FirstAsync(Drawing drawn, Func<OpenAnswer, Task>? beforeWork)
    {
        var reply = await SubmitAsync(drawn, 0);
        if (reply.Status == SubmitStatus.Existing)
            return new Submitted(await EarlierAsync(reply, drawn, beforeWork), null);
        if (reply.Status != SubmitStatus.Accepted)
            return new Submitted(null, reply);
        var answer = Answer(drawn.Choices, drawn.Form, reply, own: asker.Waits);
        if (_deferred)
            await BeginAsync(answer, beforeWork);
        return new Submitted(answer, null);
    }

    private async Task BeginAsync(OpenAnswer answer, Func<OpenAnswer, Task>? beforeWork)
    {
        try
        {
            if (beforeWork is not null)
                await beforeWork(answer);
            await Task.WhenAll(answer.Choices.Select(c => c.Grain.Begin()));
        }
        catch (Exception)
        {
            // Nobody will wait for what has begun.
            await cancel(answer.Choices);
            throw;
        }
    }

    /// <summary>The choices of then. Whoever made them may have stopped before they began.</summary>
    private async Task<OpenAnswer> EarlierAsync(SubmitReply reply, Drawing drawn, Func<OpenAnswer, Task>? beforeWork)
    {
        var first = Open(reply.Request);
        var stored = question.Choices == 1 ? null : AnswerForm.Parse((await first.Grain.Describe())?.Form ?? "");
        OpenRequest[] choices = stored is null ? [first] : [.. stored.Requests.Select(Open)];
        var answer = Answer(choices, drawn.Form with { Requests = [.. choices.Select(c => c.Id)] }, reply, own: false);
        if (beforeWork is not null)
            await beforeWork(answer);
        if (_deferred)
            await Task.WhenAll(choices.Select(c => c.Grain.Begin()));
        return answer;
    }

    private OpenAnswer Answer(IReadOnlyList<OpenRequest> choices, AnswerForm form, SubmitReply reply, bool own) =>
        new(choices, form, question.Model, time.GetUtcNow().ToUnixTimeSeconds(), (ToolCallFormat)reply.ToolCalls, question.Streaming, own);

    /// <summary>All replies; where a call failed, nothing of the others stays held.</summary>
    private async Task<SubmitReply[]> SettleAsync(Task<SubmitReply>[] calls, Drawing drawn)
    {
        try
        {
            return await Task.WhenAll(calls);
        }
        catch (Exception)
        {
            await cancel([.. drawn.Choices.Skip(1)]);
            throw;
        }
    }

    private OpenRequest Open(string id) => new(id, grains.GetGrain<IRequestGrain>(Keys.Request(Hash32.Parse(id))));
}
