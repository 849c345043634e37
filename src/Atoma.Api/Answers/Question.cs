using Atoma.Api.Answers.Tools;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers;

/// <summary>A body that was understood: what the network is asked.</summary>
internal record Question
{
    public required string Model { get; init; }

    public IReadOnlyList<ChatTurn> Messages { get; init; } = [];

    public string? Prompt { get; init; }

    /// <summary>The prompt's text, where it is to be shown before the answer; else empty.</summary>
    public string Echo { get; init; } = "";

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
