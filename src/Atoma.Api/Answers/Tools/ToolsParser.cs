using System.Text.Json;
using System.Text.RegularExpressions;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers.Tools;

/// <summary>Reads tools, tool_choice and the calls in earlier messages.</summary>
internal static partial class ToolsParser
{
    private const string Field = "tools";
    private const string ChoiceField = "tool_choice";

    public static Parsed<ToolSet> Parse(ChatCompletionBody body, Limits limits)
    {
        if (Choice(body.ToolChoice).Failed(out var badChoice, out var choice))
            return badChoice;
        if (body.Tools is not { Count: > 0 } tools)
            return body.ToolChoice is null || choice.Word == "none" ? ToolSet.None : OpenAiErrors.Invalid(ChoiceField, "is only allowed with 'tools'");
        if (tools.Count > limits.Tools)
            return OpenAiErrors.Invalid(Field, $"has more than {limits.Tools} functions");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < tools.Count; i++)
        {
            if (Definition(tools[i], $"{Field}[{i}]", names, mayBeStrict: choice.Word is "required" or "none") is { } error)
                return error;
        }

        if (choice.Word == "none")
            return ToolSet.None;
        if (choice.Function is { } function && !names.Contains(function))
            return OpenAiErrors.Invalid(ChoiceField, "names a function that is not among 'tools'");
        var forced = choice.Word == "required" ? names : [];
        if (choice.Function is not null)
            forced = new HashSet<string>([choice.Function], StringComparer.Ordinal);
        return new ToolSet([.. tools.Select(t => t.GetRawText())], names, body.ParallelToolCalls is false || choice.Function is not null, forced);
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

    /// <param name="Word">auto, none or required.</param>
    /// <param name="Function">The one function that must be called, when one is named.</param>
    private sealed record Wanted(string Word, string? Function);

    private static Parsed<Wanted> Choice(JsonElement? element)
    {
        if (element is not { ValueKind: not JsonValueKind.Null } choice)
            return new Wanted("auto", null);
        if (JsonBody.TryText(choice, out var word) && word is "auto" or "none" or "required")
            return new Wanted(word, null);
        return choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("type", out var type) && type.ValueEqualsText("function")
            && choice.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object
            && function.TryGetProperty("name", out var name) && JsonBody.TryText(name, out var text)
            ? new Wanted("required", text)
            : OpenAiErrors.Invalid(ChoiceField, "must be \"auto\", \"none\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": \"...\"}}");
    }

    private static ApiError? Definition(JsonElement tool, string path, HashSet<string> names, bool mayBeStrict)
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
        if (function.TryGetProperty("parameters", out var parameters)
            && (parameters.ValueKind != JsonValueKind.Object || (parameters.TryGetProperty("type", out var kind) && !kind.ValueEqualsText("object"))))
            return OpenAiErrors.Invalid(path + ".parameters", "must be a JSON schema of type \"object\"", "invalid_type");
        return !mayBeStrict && function.TryGetProperty("strict", out var strict) && strict.ValueKind is not (JsonValueKind.False or JsonValueKind.Null)
            ? OpenAiErrors.Unsupported(path + ".strict", "Only a call that must be made is held to its schema: send 'tool_choice': \"required\", or leave it out.")
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
