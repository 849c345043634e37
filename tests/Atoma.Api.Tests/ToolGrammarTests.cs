using Atoma.Api.Answers.Tools;
using Atoma.Api.Tests.Structured;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Api.Tests;

public sealed class ToolGrammarTests
{
    private const string F = """{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}""";
    private const string G = """{"type":"function","function":{"name":"g"}}""";

    private static ToolSet Tools(bool onlyOne, params string[] forced) =>
        new([F, G], new HashSet<string>(["f", "g"], StringComparer.Ordinal), onlyOne, new HashSet<string>(forced, StringComparer.Ordinal));

    /// <summary>What the grammar takes, the reader reads.</summary>
    [Theory]
    [InlineData(ToolCallFormat.Tagged, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>", 2)]
    [InlineData(ToolCallFormat.Bare, "{\"name\": \"f\", \"parameters\": {\"a\": 1}}", 1)]
    [InlineData(ToolCallFormat.Listed, "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"a\": 1}}, {\"name\": \"g\", \"arguments\": {\"x\": [\"]\"]}}]", 2)]
    [InlineData(ToolCallFormat.Named, "[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]g[ARGS]{}", 2)]
    [InlineData(ToolCallFormat.FunctionTag, "<function=f>{\"a\": 1}</function>\n<function=g>{\"y\": \"</function>\"}</function>", 2)]
    public void Of_EveryFormat_TakesCallsThatAreReadBack(ToolCallFormat format, string text, int calls)
    {
        var grammar = ToolGrammar.Of(format, Tools(onlyOne: false, "f", "g"));
        GrammarProgram.Parse(grammar);
        Assert.True(GrammarWriter.Accepts(grammar, text));
        Assert.Equal(calls, new ToolCallReader(format, Tools(onlyOne: false, "f", "g")).Read(text).Calls.Count);
        Assert.False(GrammarWriter.Accepts(grammar, "I would rather not."));
        Assert.False(GrammarWriter.Accepts(grammar, text.Replace("\"a\": 1", "\"a\": \"one\"", StringComparison.Ordinal)));
        Assert.False(GrammarWriter.Accepts(grammar, text.Replace("f", "h", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(ToolCallFormat.Tagged)]
    [InlineData(ToolCallFormat.Bare)]
    [InlineData(ToolCallFormat.Listed)]
    [InlineData(ToolCallFormat.Named)]
    [InlineData(ToolCallFormat.FunctionTag)]
    public void Of_AnythingThatTheGrammarWrites_IsReadAsCalls(ToolCallFormat format)
    {
        var tools = Tools(onlyOne: false, "f", "g");
        var grammar = ToolGrammar.Of(format, tools);
        var random = new Random(11);
        var texts = Enumerable.Range(0, 60).Select(_ => GrammarWriter.Write(grammar, random, length: 120)).OfType<string>().ToArray();
        Assert.True(texts.Length > 20);
        Assert.All(texts, text => Assert.True(new ToolCallReader(format, tools).Read(text) is { Content: "", Calls.Count: > 0 }, text));
    }

    [Fact]
    public void Of_OneFunctionNamed_TakesThatOneOnce()
    {
        var grammar = ToolGrammar.Of(ToolCallFormat.FunctionTag, Tools(onlyOne: true, "g"));
        Assert.True(GrammarWriter.Accepts(grammar, "<function=g>{}</function>"));
        Assert.False(GrammarWriter.Accepts(grammar, "<function=f>{\"a\": 1}</function>"));
        Assert.False(GrammarWriter.Accepts(grammar, "<function=g>{}</function>\n<function=g>{}</function>"));
    }
}
