using Atoma.Grains.Abstractions;
using Atoma.Grains.Models;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>What a request asks a model, or why it cannot.</summary>
internal readonly record struct Asked(IReadOnlyList<int> Prompt, SamplingParameters? Parameters, SubmitReply? Refusal)
{
    public static Asked Refuse(SubmitStatus status, string message, int promptTokens = 0) =>
        new([], null, new SubmitReply(status, message, "", "", promptTokens, 0));
}

/// <summary>Turns inputs to be embedded into one prompt.</summary>
internal static class EmbeddingInputs
{
    /// <param name="inputs">At least one.</param>
    /// <param name="model">To be asked.</param>
    /// <param name="contextTokens">Tokens of one input that every node takes.</param>
    /// <param name="tokenizer">The model's.</param>
    public static Asked Make(IReadOnlyList<EmbeddingInput> inputs, ModelManifest model, int contextTokens, ITokenizer tokenizer)
    {
        if (inputs.Count > VerificationLimits.EmbeddingInputs)
            return Asked.Refuse(SubmitStatus.BadPrompt, $"At most {VerificationLimits.EmbeddingInputs} inputs are embedded at once. Send the rest in another request.");
        if (model.EmbeddingLength == 0)
            return Asked.Refuse(SubmitStatus.EmbeddingsUnavailable, $"{model.Id} has no embeddings: its file asks for a classifier's or a ranker's output. Choose another model.");
        if ((long)inputs.Count * model.EmbeddingLength > VerificationLimits.EmbeddingValues)
        {
            return Asked.Refuse(SubmitStatus.BadPrompt,
                $"{model.Id} has embeddings of {model.EmbeddingLength} values, so one request has at most {VerificationLimits.EmbeddingValues / model.EmbeddingLength} inputs. Send the rest in another.");
        }

        var prompt = new List<int>();
        var lengths = new List<int>();
        foreach (var input in inputs)
        {
            var tokens = Tokens(input, model, tokenizer);
            if (tokens.Status != SubmitStatus.Accepted)
                return Asked.Refuse(tokens.Status, $"Input {lengths.Count}: {tokens.Message}");
            if (tokens.Tokens.Count > contextTokens)
                return Asked.Refuse(SubmitStatus.PromptTooLong, $"Input {lengths.Count} has {tokens.Tokens.Count} tokens; {model.Id} takes {contextTokens}. Send it in pieces.");
            if (prompt.Count + tokens.Tokens.Count > VerificationLimits.PromptTokens)
                return Asked.Refuse(SubmitStatus.PromptTooLong, $"The inputs together have more than {VerificationLimits.PromptTokens} tokens. Send them in several requests.");
            prompt.AddRange(tokens.Tokens);
            lengths.Add(tokens.Tokens.Count);
        }

        return new Asked(prompt, new SamplingParameters { MaxTokens = 0, InputLengths = lengths }, null);
    }

    private static TokenizeReply Tokens(EmbeddingInput input, ModelManifest model, ITokenizer tokenizer) =>
        input.Text is { } text ? Prompts.Tokenize(model.Id, tokenizer, new TokenizeCall(text, [], [])) : Prompts.Given(input.Tokens, model);
}
