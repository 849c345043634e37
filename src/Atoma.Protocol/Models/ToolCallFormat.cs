namespace Atoma.Protocol.Models;

/// <summary>How a model writes the calls of tools into its answer. Append only.</summary>
public enum ToolCallFormat
{
    /// <summary>It takes no tools, or writes calls in a way that is not known here: it cannot be given tools.</summary>
    None = 0,

    /// <summary><c>&lt;tool_call&gt;{"name": …, "arguments": {…}}&lt;/tool_call&gt;</c>, once for each call (Hermes, Qwen).</summary>
    Tagged = 1,

    /// <summary>The whole answer is <c>{"name": …, "parameters": {…}}</c>, perhaps after <c>&lt;|python_tag|&gt;</c> (Llama 3).</summary>
    Bare = 2,

    /// <summary><c>[TOOL_CALLS][{"name": …, "arguments": {…}}, …]</c> (Mistral).</summary>
    Listed = 3,

    /// <summary><c>[TOOL_CALLS]name[ARGS]{…}</c>, once for each call (Mistral, later models).</summary>
    Named = 4,

    /// <summary><c>&lt;function=name&gt;{…}&lt;/function&gt;</c>, once for each call (Functionary and others made from Llama 3.1).</summary>
    FunctionTag = 5,
}

/// <summary>The fixed words of the formats.</summary>
public static class ToolCallMarks
{
    public const string TagOpen = "<tool_call>";
    public const string TagClose = "</tool_call>";
    public const string PythonTag = "<|python_tag|>";
    public const string Calls = "[TOOL_CALLS]";
    public const string CallId = "[CALL_ID]";
    public const string Arguments = "[ARGS]";
    public const string FunctionOpen = "<function=";
    public const string FunctionClose = "</function>";

    /// <summary>Words that a vocabulary may hold as one control token. Those tokens are text in an answer, or the calls could not be found in it.</summary>
    public static IReadOnlyList<string> Of(ToolCallFormat format) => format switch
    {
        ToolCallFormat.Tagged => [TagOpen, TagClose],
        ToolCallFormat.Bare => [PythonTag],
        ToolCallFormat.Listed => [Calls],
        ToolCallFormat.Named => [Calls, CallId, Arguments],
        _ => [],
    };
}
