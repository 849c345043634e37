using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Tests.Tokens;

/// <summary>Templates in the styles of the model families, with what Jinja2 3.1.6 in transformers' set-up made of them beside them.</summary>
public sealed class ChatTemplateTests
{
    private const string Tool =
        """{"type":"function","function":{"name":"get_weather","description":"Weather of a <city>, \"now\" \u2014 ü","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","default":3}},"required":["city"]}}}""";

    private static readonly ChatMessage System = new("system", "Sys");
    private static readonly ChatMessage Weather = new("user", "Weather?");

    private static readonly ChatMessage Called = new("assistant", "")
    {
        ToolCalls = [new ChatToolCall("abc123XYZ", "get_weather", """{"city": "Zürich", "days": 2, "share": 0.5, "x": null, "y": [true, "a\nb"]}""")],
    };

    private static readonly ChatMessage Result = new("tool", "21 °C") { ToolCallId = "abc123XYZ" };

    private static readonly Dictionary<string, (ChatMessage[] Messages, string[] Tools)> Conversations = new(StringComparer.Ordinal)
    {
        ["question"] = ([new("user", "Hello 🙂")], []),
        ["turns"] = ([new("system", " Be kind.\n"), new("user", "a "), new("assistant", "<think>hm</think>\n\nb"), new("user", "c")], []),
        ["turns without system"] = ([new("user", "a "), new("assistant", "b"), new("user", "c")], []),
        ["tools"] = ([System, Weather], [Tool]),
        ["called"] = ([Weather, Called, Result], [Tool]),
        ["called, then on"] = ([System, Weather, Called, Result, new("assistant", "21 °C."), new("user", "Thanks")], [Tool]),
    };

    [Theory]
    [InlineData("chatml-tools", ToolCallFormat.Tagged)]
    [InlineData("header-tools", ToolCallFormat.Bare)]
    [InlineData("inst-tools", ToolCallFormat.Listed)]
    [InlineData("inst-named-tools", ToolCallFormat.Named)]
    [InlineData("function-tag-tools", ToolCallFormat.FunctionTag)]
    [InlineData("turns", ToolCallFormat.None)]
    [InlineData("phi", ToolCallFormat.None)]
    [InlineData("deepseek", ToolCallFormat.None)]
    [InlineData("parts", ToolCallFormat.None)]
    [InlineData("no-system", ToolCallFormat.None)]
    public void Render_ModelFamilysStyle_IsWhatTransformersWrites(string name, ToolCallFormat tools)
    {
        var template = Load(Source(name + ".jinja"));
        Assert.Equal(tools, template.ToolCalls);
        var sections = ("\n" + Source(name + ".txt")[..^1]).Split("\n=== ", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(sections.Length >= 3);
        foreach (var section in sections)
        {
            var (title, expected) = (section[..section.IndexOf('\n')], section[(section.IndexOf('\n') + 1)..]);
            var (messages, offered) = Conversations[title];
            if (!expected.StartsWith("refused", StringComparison.Ordinal))
                Assert.Equal((title, expected), (title, template.Render(messages, offered).Text));
            else
                Assert.Throws<PromptRefusedException>(() => template.Render(messages, offered));
        }
    }

    [Fact]
    public void Render_ToolsForATemplateWithoutThem_IsRefused()
    {
        var template = Load(Source("phi.jinja"));
        Assert.Throws<PromptRefusedException>(() => template.Render([Weather], [Tool]));
        Assert.Throws<PromptRefusedException>(() => template.Render([Weather, Called, Result], []));
        Assert.Throws<PromptRefusedException>(() => Load(null).Render([Weather], [Tool]));
    }

    [Fact]
    public void Render_TemplateRaises_ItsWordsReachTheRequester()
    {
        var exception = Assert.Throws<PromptRefusedException>(() => Load(Source("turns.jinja")).Render([System, Weather], []));
        Assert.Contains("System role not supported", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a": 123456789012345678901234567890}""")]
    [InlineData("""{"a": "\ud800"}""")]
    [InlineData("[1]")]
    [InlineData("{")]
    public void Render_ArgumentsThatCannotBeTold_AreRefused(string arguments)
    {
        var called = Called with { ToolCalls = [new ChatToolCall("abc123XYZ", "f", arguments)] };
        Assert.Throws<PromptRefusedException>(() => Load(Source("chatml-tools.jinja")).Render([Weather, called, Result], []));
    }

    [Theory]
    [InlineData("{{ whatever }}", "leaves out the user's message")]
    [InlineData("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}", "leaves out an earlier answer")]
    [InlineData("{% for m in messages %}{{ m.content | sparkle }}{% endfor %}", "no filter 'sparkle' (template line 1)")]
    [InlineData("{% for m in messages %}{{ m.content }}", "line 1")]
    [InlineData("{{ raise_exception('never') }}", "never")]
    [InlineData("{% for m in messages %}{{ m.content }}{{ helper(m) }}{% endfor %}", "'helper' is not defined")]
    public void Of_TemplateThatLosesOrGuesses_IsRefusedAtLoad(string template, string reason)
    {
        var exception = Assert.Throws<InferenceException>(() => Load(template));
        Assert.Equal(InferenceError.TemplateUnknown, exception.Error);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private static ChatTemplate Load(string? source) => ChatTemplate.Of(
        source, new Dictionary<string, string>(StringComparer.Ordinal) { ["bos_token"] = "<s>", ["eos_token"] = "</s>" },
        new StoppedClock());

    private static string Source(string file) => File.ReadAllText(Path.Combine(TestModels.Root, "tests/Atoma.Inference.Tests/Tokens/Templates", file));
}
