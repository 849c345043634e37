using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>The last event of an answer, from the request's terminal state.</summary>
internal static class AnswerEnds
{
    public static AnswerEnd Of(RequestState state, ITokenizer? tokenizer)
    {
        var text = "";
        IReadOnlyList<TokenLogprobs> logprobs = [];
        if (state.Answer is { } answer && tokenizer is not null)
        {
            var whole = new AnswerText(tokenizer, state.Spec.Parameters.Stop, state.Spec.Parameters.StopTokens);
            whole.Add([.. answer.Output]);
            whole.Finish();
            text = whole.Shown;
            if (state.Spec.Parameters.TopLogprobs > 0)
                logprobs = answer.Positions.Take(whole.TokensShown(final: true)).Select(p => AnswerLogprobs.Of(p, tokenizer)).ToArray();
        }

        return new AnswerEnd
        {
            Status = RequestView.Name(state.Phase),
            Reason = state.Refund == RefundReason.None ? "" : RequestView.Snake(state.Refund.ToString()),
            FinishReason = state.Answer?.Finish switch
            {
                null => "",
                FinishReason.Length => "length",
                _ => "stop",
            },
            PromptTokens = state.Spec.Prompt.Count,
            OutputTokens = state.Answer?.OutputCount ?? 0,
            PriceMicros = state.Price.Value,
            Text = text,
            Logprobs = logprobs,
            Vectors = state.Answer?.Vectors.Select(v => v.Values.ToArray()).ToArray() ?? [],
            Integrity = state.Spec.Integrity.ToString(),
            Convictions = state.Convictions.Count,
        };
    }
}
