using Atoma.Grains.Abstractions;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Models;

/// <summary>Turns what was sent into a prompt. A count for nothing and a request that is paid for go through this alike.</summary>
internal static class Prompts
{
    public static TokenizeReply Tokenize(string model, ITokenizer tokenizer, TokenizeCall call)
    {
        if (call.Tools.Count > 0 && tokenizer.ToolCalls == ToolCallFormat.None)
        {
            return Refuse(SubmitStatus.ToolsUnavailable,
                $"{model} cannot be given tools: its chat template has no place for them, or calls them in a way that is not known here. Leave them out or choose another model.");
        }

        try
        {
            var tokens = call.Prompt is { } text ? tokenizer.Tokenize(text) : tokenizer.TokenizeChat([.. call.Messages.Select(Message)], call.Tools);
            return tokens.Length switch
            {
                0 => Refuse(SubmitStatus.BadPrompt, "The prompt is empty."),
                > VerificationLimits.PromptTokens => Refuse(SubmitStatus.BadPrompt, $"A prompt has at most {VerificationLimits.PromptTokens} tokens."),
                _ => new TokenizeReply(SubmitStatus.Accepted, "", tokens),
            };
        }
        catch (PromptRefusedException e)
        {
            return Refuse(SubmitStatus.BadPrompt, e.Message);
        }
    }

    /// <summary>A prompt that was sent as token ids.</summary>
    public static TokenizeReply Given(IReadOnlyList<int> tokens, ModelManifest model)
    {
        if (tokens.Count is 0 or > VerificationLimits.PromptTokens)
            return Refuse(SubmitStatus.BadPrompt, tokens.Count == 0 ? "It is empty." : $"A prompt has at most {VerificationLimits.PromptTokens} tokens.");
        foreach (var token in tokens)
        {
            if (token < 0 || token >= model.VocabularySize)
                return Refuse(SubmitStatus.BadPrompt, $"Token {token} is not one of the model's {model.VocabularySize}.");
        }

        return new TokenizeReply(SubmitStatus.Accepted, "", tokens);
    }

    private static ChatMessage Message(ChatTurn turn) => new(turn.Role, turn.Content)
    {
        Name = turn.Name,
        ToolCallId = turn.ToolCallId,
        ToolCalls = [.. turn.ToolCalls.Select(c => new ChatToolCall(c.Id, c.Name, c.Arguments))],
    };

    private static TokenizeReply Refuse(SubmitStatus status, string message) => new(status, message, []);
}
