using System.Text.Json;
using System.Text.RegularExpressions;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>Reads tools, tool_choice and the calls in earlier messages.</summary>
internal static partial class ToolsParser
{
    private const string Field = "tools";
    private const string ChoiceField = "tool_choice";

    public static Parsed<ToolSet> Parse(ChatCompletionBody body, Limits limits)
    {
        if (Choice(body.ToolChoice, out var none) is { } badChoice)
            return badChoice;
        if (body.Tools is not { Count: > 0 } tools)
            return body.ToolChoice is null || none ? ToolSet.None : OpenAiErrors.Invalid(ChoiceField, "is only allowed with 'tools'");
        if (tools.Count > limits.Tools)
            return OpenAiErrors.Invalid(Field, $"has more than {limits.Tools} functions");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < tools.Count; i++)
        {
            if (Definition(tools[i], $"{Field}[{i}]", names) is { } error)
                return error;
        }

        return none ? ToolSet.None : new ToolSet([.. tools.Select(t => t.GetRawText())], names, body.ParallelToolCalls is false);
    }

    /// <summary>The calls in an assistant's message.</summary>
    public static ApiError? Calls(IReadOnlyList<ToolCallBody?>? bodies, string path, Limits limits, out IReadOnlyList<CalledTool> calls)
    {
        calls = [];
        if (bodies is not { Count: > 0 })
            return null;
        if (bodies.Count > limits.Tools)
            return OpenAiErrors.Invalid(path, $"has more than {limits.Tools} calls");
        var list = new List<CalledTool>();
        calls = list;
        foreach (var body in bodies)
        {
            var at = $"{path}[{list.Count}]";
            if (body?.Type is not (null or "function"))
                return OpenAiErrors.Unsupported(at + ".type", "Only calls of the type \"function\" are offered.");
            if (body?.Id is not { Length: > 0 } id)
                return OpenAiErrors.Missing(at + ".id", "It names the call.");
            if (body.Function?.Name is not { } name || !Name().IsMatch(name))
                return OpenAiErrors.Invalid(at + ".function.name", NameRule);
            if (body.Function.Arguments is not { } arguments || !IsObject(arguments, limits))
                return OpenAiErrors.Invalid(at + ".function.arguments", "must be a JSON object, as text");
            list.Add(new CalledTool(id, name, arguments));
        }

        return null;
    }

    private const string NameRule = "must have 1 to 64 letters, digits, '_', '-' or '.'";

    private static ApiError? Choice(JsonElement? element, out bool none)
    {
        none = false;
        if (element is not { } choice)
            return null;
        if (choice.ValueKind == JsonValueKind.Object)
            return OpenAiErrors.Unsupported(ChoiceField, "A named function needs answers bound to a grammar, which are not offered yet. Send \"auto\" or \"none\".");
        if (!JsonBody.TryText(choice, out var word) || word is not ("auto" or "none" or "required"))
            return OpenAiErrors.Invalid(ChoiceField, "must be \"auto\" or \"none\"");
        none = word == "none";
        return word == "required"
            ? OpenAiErrors.Unsupported(ChoiceField, "\"required\" needs answers bound to a grammar, which are not offered yet. Send \"auto\" or \"none\".")
            : null;
    }

    private static ApiError? Definition(JsonElement tool, string path, HashSet<string> names)
    {
        if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("type", out var type) || !type.ValueEqualsText("function"))
            return OpenAiErrors.Unsupported(path + ".type", "Only tools of the type \"function\" are offered.");
        if (!tool.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
            return OpenAiErrors.Missing(path + ".function", "It is an object with name, description and parameters.");
        path += ".function";
        if (!function.TryGetProperty("name", out var name) || !JsonBody.TryText(name, out var text) || !Name().IsMatch(text))
            return OpenAiErrors.Invalid(path + ".name", NameRule);
        if (!names.Add(text))
            return OpenAiErrors.Invalid(path + ".name", "is given twice");
        if (function.TryGetProperty("description", out var description) && description.ValueKind != JsonValueKind.Null && !JsonBody.TryText(description, out _))
            return OpenAiErrors.Invalid(path + ".description", "must be a string", "invalid_type");
        if (function.TryGetProperty("parameters", out var parameters) && parameters.ValueKind != JsonValueKind.Object)
            return OpenAiErrors.Invalid(path + ".parameters", "must be a JSON schema", "invalid_type");
        return function.TryGetProperty("strict", out var strict) && strict.ValueKind is not (JsonValueKind.False or JsonValueKind.Null)
            ? OpenAiErrors.Unsupported(path + ".strict", "It needs answers bound to a grammar, which are not offered yet for tools.")
            : null;
    }

    private static bool IsObject(string json, Limits limits)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = limits.JsonDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool ValueEqualsText(this JsonElement element, string text) => element.ValueKind == JsonValueKind.String && element.ValueEquals(text);

    [GeneratedRegex("^[a-zA-Z0-9_.-]{1,64}$", RegexOptions.CultureInvariant, 100)]
    private static partial Regex Name();
}
