using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>How a template wants what OpenAI's API has in one form only, found by trying it (<see cref="ChatProbe"/>).</summary>
internal sealed record ChatConventions
{
    /// <summary>Of a model without a template: it has no place for tools.</summary>
    public static readonly ChatConventions Plain = new() { TakesSystem = true };

    /// <summary>Content is a list of parts, not a text.</summary>
    public bool ContentInParts { get; init; }

    /// <summary>Arguments of a tool's call are their JSON text, not an object.</summary>
    public bool ArgumentsAsText { get; init; }

    /// <summary>A message that only calls tools has no content, rather than an empty one.</summary>
    public bool NoContentWithCalls { get; init; }

    /// <summary>Whether a system message is written, or refused by the template itself; false when it would be dropped silently.</summary>
    public bool TakesSystem { get; init; }

    public ToolCallFormat ToolCalls { get; init; }

    /// <summary>Why a conversation cannot be rendered without losing something; null when it can.</summary>
    public string? Problem(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools)
    {
        if (ToolCalls == ToolCallFormat.None && (tools.Count > 0 || messages.Any(m => m.Role == "tool" || m.ToolCalls.Count > 0)))
            return "This model takes no tools: its chat template has no place for them, or calls them in a way that is not known here. Leave them out or choose another model.";
        return !TakesSystem && messages.Any(m => m.Role == "system")
            ? "This model takes no system message: its chat template would leave it out. Put what it says into the first user message."
            : null;
    }
}
