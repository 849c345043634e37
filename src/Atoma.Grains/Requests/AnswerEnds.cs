using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>The last event of an answer, from the request's terminal state.</summary>
internal static class AnswerEnds
{
    /// <param name="state">Terminal, or delivered ahead of its audit.</param>
    /// <param name="tokenizer">Null where the model is no longer known here.</param>
    public static AnswerEnd Of(RequestState state, ITokenizer? tokenizer)
    {
        var given = state.Answer ?? (state is { Delivered: true, IsTerminal: false } ? state.Participants.Find(p => p is { Generates: true, IsActive: true })?.Transcript : null);
        var text = "";
        IReadOnlyList<TokenLogprobs> logprobs = [], prompt = [];
        if (given is { } answer && tokenizer is not null)
        {
            var whole = new AnswerText(tokenizer, state.Spec.Parameters.Stop, state.Spec.Parameters.StopTokens);
            whole.Add([.. answer.Output]);
            whole.Finish();
            text = whole.Shown;
            if (state.Spec.Parameters.TopLogprobs > 0)
            {
                prompt = AnswerLogprobs.OfPrompt(answer.Prompt, answer.PromptChunks, answer.Parameters, tokenizer);
                logprobs = answer.Positions.Take(whole.TokensShown(final: true)).Select(p => AnswerLogprobs.Of(p, tokenizer)).ToArray();
            }
        }

        return new AnswerEnd
        {
            Status = state is { Delivered: true, IsTerminal: false } ? AnswerEnd.Delivered : RequestView.Name(state.Phase),
            Reason = state.Refund == RefundReason.None ? "" : RequestView.Snake(state.Refund.ToString()),
            FinishReason = given?.Finish switch
            {
                null => "",
                FinishReason.Length => "length",
                _ => "stop",
            },
            PromptTokens = state.Spec.Prompt.Count,
            OutputTokens = given?.OutputCount ?? 0,
            PriceMicros = state.IsTerminal || given is null ? state.Price.Value : RequestMachine.PriceOf(state, given).Value,
            Text = text,
            Logprobs = logprobs,
            PromptLogprobs = prompt,
            Vectors = given?.Vectors.Select(v => v.Values.ToArray()).ToArray() ?? [],
            Integrity = state.Spec.Integrity.ToString(),
            Convictions = state.Convictions.Count,
        };
    }
}
