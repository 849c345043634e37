namespace Atoma.Protocol.Models;

/// <summary>One message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">Plain text; may be empty in an assistant's message that calls tools.</param>
public sealed record ChatMessage(string Role, string Content)
{
    /// <summary>Of a tool's message: the tool; null takes the name in the call that it answers.</summary>
    public string? Name { get; init; }

    /// <summary>Of a tool's message: the call that it answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Of an assistant's message.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];
}

/// <summary>A tool that an assistant called.</summary>
/// <param name="Id">Names the call.</param>
/// <param name="Name">Names the tool.</param>
/// <param name="Arguments">A JSON object.</param>
public sealed record ChatToolCall(string Id, string Name, string Arguments);

/// <summary>The model cannot be given this prompt; the message says why and what to do.</summary>
public sealed class PromptRefusedException : Exception
{
    public PromptRefusedException()
        : this("The prompt is refused.")
    {
    }

    public PromptRefusedException(string message)
        : base(message)
    {
    }

    public PromptRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
