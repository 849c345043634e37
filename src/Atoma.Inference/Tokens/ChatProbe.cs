using System.Text.RegularExpressions;
using Atoma.Inference.Tokens.Jinja;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tokens;

/// <summary>
/// Tries a template with conversations of every kind and looks for each part of them in what it writes. A template that
/// loses a question or an earlier answer is refused; one that has no place for tools or a system message is remembered so.
/// </summary>
internal static partial class ChatProbe
{
    private const string Question = "atoma-question";
    private const string Answer = "atoma-answer";
    private const string System = "atoma-system";
    private const string ToolName = "atoma_tool";
    private const string ToolText = "atoma-description";
    private const string Result = "atoma-result";
    private const string ArgumentName = "atoma_argument";
    private const string ArgumentValue = "atoma-value";

    /// <summary>Of nine letters and digits, as Mistral's templates demand.</summary>
    private const string CallId = "atomacall";

    private const string Tool =
        $$$"""{"type":"function","function":{"name":"{{{ToolName}}}","description":"{{{ToolText}}}","parameters":{"type":"object","properties":{"{{{ArgumentName}}}":{"type":"string"}},"required":["{{{ArgumentName}}}"]} } }""";

    public delegate MarkedText Renderer(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools, ChatConventions form, bool answerFollows);

    /// <exception cref="JinjaException">The template loses what it is given, or fails on every form of it.</exception>
    public static ChatConventions Run(Renderer render)
    {
        var form = new ChatConventions { ContentInParts = !WritesPlainContent(render) };
        Require(render, form, [User(Question)], Question);
        Require(render, form, [User(Question), new ChatMessage("assistant", Answer), User("and")], Question, Answer);
        form = form with { TakesSystem = TakesSystem(render, form) };
        return WithTools(render, form);
    }

    private static ChatMessage User(string text) => new("user", text);

    private static bool WritesPlainContent(Renderer render) => Try(render, new ChatConventions(), [User(Question)], []) is { } text && Has(text, Question);

    private static void Require(Renderer render, ChatConventions form, ChatMessage[] messages, params string[] wanted)
    {
        var text = render(messages, [], form, true).Text;
        if (Array.Find(wanted, w => !Has(text, w)) is { } lost)
            throw new JinjaException(JinjaError.Type, 1, lost == Answer ? "It leaves out an earlier answer of the assistant" : "It leaves out the user's message");
    }

    private static bool TakesSystem(Renderer render, ChatConventions form)
    {
        try
        {
            return Has(render([new ChatMessage("system", System), User(Question)], [], form, true).Text, System);
        }
        catch (JinjaException)
        {
            // It says so itself, each time.
            return true;
        }
    }

    /// <summary>Tools are taken only where they, a call and its result are all written, and the call in a form that can be read back.</summary>
    private static ChatConventions WithTools(Renderer render, ChatConventions form)
    {
        if (Try(render, form, [User(Question)], [Tool]) is not { } offered || !Has(offered, ToolName) || !Has(offered, ToolText) || !Has(offered, ArgumentName))
            return form;
        foreach (var asText in new[] { false, true })
        {
            foreach (var noContent in new[] { false, true })
            {
                var tried = form with { ArgumentsAsText = asText, NoContentWithCalls = noContent };
                if (FormatOf(render, tried) is var format and not ToolCallFormat.None)
                    return tried with { ToolCalls = format };
            }
        }

        return form;
    }

    private static ToolCallFormat FormatOf(Renderer render, ChatConventions form)
    {
        ChatMessage[] called =
        [
            User(Question),
            new ChatMessage("assistant", "") { ToolCalls = [new ChatToolCall(CallId, ToolName, $"{{\"{ArgumentName}\":\"{ArgumentValue}\"}}")] },
        ];
        if (Try(render, form, [.. called, new ChatMessage("tool", Result) { ToolCallId = CallId }], [Tool]) is not { } text)
            return ToolCallFormat.None;
        // What stands before the question is where tools are listed and explained.
        var tail = text[(text.LastIndexOf(Question, StringComparison.Ordinal) + Question.Length)..];
        var result = tail.IndexOf(Result, StringComparison.Ordinal);
        if (result < 0)
            return ToolCallFormat.None;
        var call = tail[..result];
        foreach (var (format, pattern) in Formats)
        {
            if (pattern.IsMatch(call))
                return format;
        }

        return ToolCallFormat.None;
    }

    private static string? Try(Renderer render, ChatConventions form, ChatMessage[] messages, string[] tools)
    {
        try
        {
            return render(messages, tools, form, true).Text;
        }
        catch (JinjaException)
        {
            return null;
        }
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);

    private static readonly (ToolCallFormat, Regex)[] Formats =
    [
        (ToolCallFormat.Tagged, Tagged()), (ToolCallFormat.Listed, Listed()), (ToolCallFormat.Named, Named()), (ToolCallFormat.FunctionTag, FunctionTag()),
        (ToolCallFormat.Bare, Bare()),
    ];

    private const string Arguments = @"\{\s*""" + ArgumentName + @"""\s*:\s*""" + ArgumentValue + @"""\s*\}";

    [GeneratedRegex(@"<tool_call>\s*\{\s*""name""\s*:\s*""" + ToolName + @"""\s*,\s*""arguments""\s*:\s*" + Arguments + @"\s*\}\s*</tool_call>", RegexOptions.NonBacktracking)]
    private static partial Regex Tagged();

    [GeneratedRegex(@"\[TOOL_CALLS\]\s*\[\s*\{\s*""name""\s*:\s*""" + ToolName + @"""\s*,\s*""arguments""\s*:\s*" + Arguments + @"\s*[,}]", RegexOptions.NonBacktracking)]
    private static partial Regex Listed();

    [GeneratedRegex(@"\[TOOL_CALLS\]" + ToolName + @"(\[CALL_ID\]" + CallId + @")?\[ARGS\]" + Arguments, RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();

    [GeneratedRegex(@"<function=" + ToolName + ">" + Arguments + "</function>", RegexOptions.NonBacktracking)]
    private static partial Regex FunctionTag();

    /// <summary>The call is the whole of the assistant's turn: right after the turn's header.</summary>
    [GeneratedRegex(@"<\|end_header_id\|>\s*(<\|python_tag\|>)?\{\s*(""type""\s*:\s*""function""\s*,\s*)?""name""\s*:\s*""" + ToolName + @"""\s*,\s*""parameters""\s*:\s*" + Arguments + @"\s*\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bare();
}
