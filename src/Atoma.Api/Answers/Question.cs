using Atoma.Api.Answers.Tools;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers;

/// <summary>A text to go on with.</summary>
/// <param name="Text">As text, or null.</param>
/// <param name="Tokens">As token ids, where there is no text.</param>
internal sealed record TextPrompt(string? Text, IReadOnlyList<int> Tokens);

/// <summary>A body that was understood: what the network is asked.</summary>
internal record Question
{
    public required string Model { get; init; }

    /// <summary>How the answer is written.</summary>
    public AnswerKind Kind { get; init; }

    public IReadOnlyList<ChatTurn> Messages { get; init; } = [];

    /// <summary>Texts to go on with, each answered on its own; empty for anything but a text.</summary>
    public IReadOnlyList<TextPrompt> Prompts { get; init; } = [];

    /// <summary>Answers wanted to each prompt (n).</summary>
    public int PerPrompt { get; init; } = 1;

    /// <summary>Answers in all: each is a request of its own.</summary>
    public int Choices => Math.Max(1, Prompts.Count) * PerPrompt;

    /// <summary>Each prompt's text is shown before its answer.</summary>
    public bool Echo { get; init; }

    /// <summary>What to embed, where embeddings are asked for instead of an answer.</summary>
    public IReadOnlyList<EmbeddingInput> Inputs { get; init; } = [];

    /// <summary>What the model may call; empty when it may not call anything.</summary>
    public ToolSet Tools { get; init; } = ToolSet.None;

    /// <summary>The field that carries the prompt.</summary>
    public required string PromptField { get; init; }

    public required SamplingParameters Parameters { get; init; }

    /// <summary>0: as many as the network allows.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>The field that MaxTokens came from.</summary>
    public string MaxTokensField { get; init; } = "max_tokens";

    public required bool SeedGiven { get; init; }

    /// <summary>Empty when an assurance is given.</summary>
    public required string Integrity { get; init; }

    public required double? Assurance { get; init; }

    /// <summary>Likeliest tokens to show of each position, 0 for the answer's own alone; null for none.</summary>
    public required int? Logprobs { get; init; }

    public required bool Streaming { get; init; }

    public required bool IncludeUsage { get; init; }
}
