using System.Text;
using Atoma.Api.Answers.Tools;
using Atoma.Api.Errors;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>A choice that its requester has.</summary>
/// <param name="Answer">Verified.</param>
/// <param name="FinishReason">stop, length or tool_calls.</param>
/// <param name="End">Of its request, with the prompt before its text and probabilities where that is echoed.</param>
/// <param name="Offsets">Where each token with a probability stands in the text.</param>
internal sealed record GivenChoice(ToolAnswer Answer, string FinishReason, AnswerEnd End, IReadOnlyList<int> Offsets);

/// <summary>How a choice ended.</summary>
/// <param name="Choice">Which.</param>
/// <param name="Request">Its request's id.</param>
/// <param name="End">How its request ended; null where that is not known.</param>
/// <param name="Given">The answer; null when there is none.</param>
/// <param name="Error">Why there is none.</param>
internal sealed record ChoiceOutcome(int Choice, string Request, AnswerEnd? End, GivenChoice? Given, ApiError? Error);

/// <summary>Carries one choice from its request to the client.</summary>
internal sealed class ChoiceRelay(OpenAnswer answer, int choice, AnswerWriter writer, ILogger<AnswerRelay> logger)
{
    private readonly ToolCallReader _reader = new(answer.ToolCalls, answer.Form.Tools);
    private readonly StringBuilder _shown = new();
    private readonly List<TokenLogprobs> _chances = [];
    private readonly List<TokenLogprobs> _waiting = [];
    private EchoedPrompt _echo = EchoedPrompt.None;
    private TextOffsets _offsets = new(EchoedPrompt.None);
    private string _held = "";

    private string Request => answer.Choices[choice].Id;

    public async Task RunAsync(IAsyncEnumerable<AnswerEvent> happening)
    {
        if (answer.Form.Echo)
            _echo = await EchoedPrompt.ReadAsync(answer.Choices[choice].Grain);
        _offsets = new TextOffsets(_echo);
        await foreach (var happened in happening)
        {
            var current = _echo.Before(happened);
            if (writer.Streaming && answer.Streaming && (current.Text.Length > 0 || current.Logprobs.Count > 0))
                await TakeAsync(current);
            if (current.End is { } end)
                await writer.EndAsync(await EndAsync(end));
        }
    }

    /// <summary>What may become a call of a tool waits until it is one or is not, and what its tokens' chances were with it.</summary>
    private async Task TakeAsync(AnswerEvent current)
    {
        _held += current.Text;
        _waiting.AddRange(current.Logprobs);
        var safe = _reader.SafeLength(_held, isStart: _shown.Length == 0);
        if (safe == 0 && _held.Length > 0)
            return;
        TokenLogprobs[] fresh = [.. _waiting];
        await writer.PieceAsync(choice, _held[..safe], _shown.Length, fresh, _chances.Count, _offsets.Next(fresh));
        _shown.Append(_held, 0, safe);
        _held = _held[safe..];
        _chances.AddRange(fresh);
        _waiting.Clear();
    }

    private async Task<ChoiceOutcome> EndAsync(AnswerEnd end)
    {
        if (!end.IsGiven)
            return Failed(end, Refusals.Of(end, AtomaBody.Of(Request, end)));
        var read = _reader.Read(end.Text);
        var shown = _shown.ToString();
        if (!read.Content.StartsWith(shown, StringComparison.Ordinal) || !StartWith(end.Logprobs, _chances))
        {
            Log.StreamDiverged(logger, Request);
            return Failed(end, Refusals.Diverged(AtomaBody.Of(Request, end)));
        }

        if (writer.Streaming && !Fits(writer.Seen(choice), read, end))
            return Failed(end, OpenAiErrors.UnknownEventId());
        if (writer.Streaming)
        {
            TokenLogprobs[] rest = [.. end.Logprobs.Skip(_chances.Count)];
            await writer.PieceAsync(choice, read.Content[shown.Length..], shown.Length, rest, _chances.Count, _offsets.Next(rest));
        }

        var finish = read.Calls.Count > 0 ? "tool_calls" : end.FinishReason;
        return new ChoiceOutcome(choice, Request, end, new GivenChoice(read, finish, end, new TextOffsets(_echo).Next(end.Logprobs)), null);
    }

    private ChoiceOutcome Failed(AnswerEnd end, ApiError error) => new(choice, Request, end, null, error);

    /// <summary>Whether a client that says so can have seen this much. An id that another answer gave does not tear this one's characters apart.</summary>
    private static bool Fits(ChoicePosition seen, ToolAnswer read, AnswerEnd end) =>
        seen.Characters <= read.Content.Length && seen.Tokens <= end.Logprobs.Count
        && !(seen.Characters > 0 && seen.Characters < read.Content.Length && char.IsLowSurrogate(read.Content[seen.Characters]));

    /// <summary>Whether the probabilities shown so far are those of the verified answer.</summary>
    private static bool StartWith(IReadOnlyList<TokenLogprobs> whole, IReadOnlyList<TokenLogprobs> start) =>
        start.Count <= whole.Count && start.Zip(whole).All(c => IsSame(c.First.Chosen, c.Second.Chosen) && c.First.Top.Count == c.Second.Top.Count
            && c.First.Top.Zip(c.Second.Top).All(t => IsSame(t.First, t.Second)));

    private static bool IsSame(TokenLogprob left, TokenLogprob right) => left.Token == right.Token && left.Quanta == right.Quanta;
}
