using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Answers;

/// <summary>Turns a question into what the network is told.</summary>
internal static class SubmitCalls
{
    /// <param name="question">What is asked.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="choice">Which of its choices this is: the prompts in order, and for each prompt its answers.</param>
    /// <param name="nonce">Fresh.</param>
    /// <param name="form">Kept with the request.</param>
    public static SubmitCall Of(Question question, Asker asker, int choice, Hash32 nonce, string form)
    {
        var prompt = question.Prompts.Count > 0 ? question.Prompts[choice / question.PerPrompt] : null;
        var parameters = new CanonicalWriter();
        // Equal seeds would give equal answers.
        (question.Parameters with { Seed = unchecked(question.Parameters.Seed + (ulong)(choice % question.PerPrompt)) }).Write(parameters);
        return new SubmitCall
        {
            Account = asker.Account,
            IdempotencyKey = choice == 0 ? asker.IdempotencyKey : "",
            Model = question.Model,
            Messages = question.Messages,
            Prompt = prompt?.Text,
            PromptTokens = prompt?.Tokens ?? [],
            Inputs = question.Inputs,
            Tools = question.Tools.Definitions,
            Parameters = parameters.ToArray(),
            MaxTokens = question.MaxTokens,
            SeedGiven = question.SeedGiven,
            Integrity = question.Integrity,
            Assurance = question.Assurance,
            Streaming = question.Streaming,
            Nonce = nonce.ToArray(),
            Choice = choice,
            Choices = question.Choices,
            Form = form,
            KeyHash = asker.KeyHash,
        };
    }
}
