using System.Text.Json;
using Atoma.Api.Structured;
using Atoma.Protocol.Models;

namespace Atoma.Api.Answers.Tools;

/// <summary>GBNF for answers that call functions and do nothing else, in the form that the model was taught.</summary>
internal static class ToolGrammar
{
    /// <param name="format">Not None.</param>
    /// <param name="tools">With at least one that is forced.</param>
    /// <exception cref="JsonSchemaException">Parameters with a keyword that cannot be held to, or too many of them.</exception>
    public static string Of(ToolCallFormat format, ToolSet tools)
    {
        var text = new GrammarText();
        var calls = new List<string>();
        foreach (var definition in tools.Definitions)
        {
            using var document = JsonDocument.Parse(definition);
            var function = document.RootElement.GetProperty("function");
            var name = function.GetProperty("name").GetString()!;
            if (tools.Forced.Contains(name))
                calls.Add(Call(format, name, Arguments(function, text)));
        }

        var call = text.Add(string.Join(" | ", calls));
        return text.ToGrammar(Calls(format, call, tools.OnlyOne));
    }

    /// <summary>Without a schema, and with one that says nothing, any object.</summary>
    private static string Arguments(JsonElement function, GrammarText text) =>
        function.TryGetProperty("parameters", out var schema) && schema.EnumerateObject().Any() ? JsonSchemaGrammar.Add(schema, text) : text.Of("object");

    private static string Call(ToolCallFormat format, string name, string arguments) => format switch
    {
        ToolCallFormat.Tagged => $"{Text($"{ToolCallMarks.TagOpen}\n{{\"name\": \"{name}\", \"arguments\": ")} {arguments} {Text($"}}\n{ToolCallMarks.TagClose}")}",
        ToolCallFormat.Bare => $"{Text($"{{\"name\": \"{name}\", \"parameters\": ")} {arguments} {Text("}")}",
        ToolCallFormat.Listed => $"{Text($"{{\"name\": \"{name}\", \"arguments\": ")} {arguments} {Text("}")}",
        ToolCallFormat.Named => $"{Text(ToolCallMarks.Calls + name + ToolCallMarks.Arguments)} {arguments}",
        _ => $"{Text(ToolCallMarks.FunctionOpen + name + ">")} {arguments} {Text(ToolCallMarks.FunctionClose)}",
    };

    private static string Calls(ToolCallFormat format, string call, bool onlyOne) => format switch
    {
        ToolCallFormat.Listed => $"{Text(ToolCallMarks.Calls + "[")} {call} {(onlyOne ? "" : $"({Text(", ")} {call})*")} {Text("]")}",
        // A bare call is the whole answer.
        _ when onlyOne || format == ToolCallFormat.Bare => call,
        ToolCallFormat.Named => $"{call}+",
        _ => $"{call} ({Text("\n")} {call})*",
    };

    private static string Text(string text) => GrammarText.Literal(text);
}
