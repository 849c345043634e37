using System.Text.Json;
using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens.Jinja;

namespace Atoma.Inference.Tests.Tokens.Jinja;

public sealed class JinjaTemplateTests
{
    private static readonly StoppedClock Clock = new();

    /// <summary>
    /// What Jinja2 3.1.6 in transformers' set-up wrote, or null where it refused. Each case is a template; the variables are the
    /// same for all.
    /// </summary>
    [Fact]
    public void Render_EverySnippet_IsWhatJinja2Writes()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestModels.Root, "tests/Atoma.Inference.Tests/Tokens/Templates/snippets.json")));
        var variables = document.RootElement.GetProperty("variables").EnumerateObject().Select(p => (p.Name, PythonJson.Read(p.Value))).ToArray();
        var wrong = document.RootElement.GetProperty("cases").EnumerateArray()
            .Select(c => (Template: c[0].GetString()!, Expected: c[1].GetString(), Got: TryRender(c[0].GetString()!, variables)))
            .Where(c => c.Expected != c.Got).ToArray();
        Assert.True(document.RootElement.GetProperty("cases").GetArrayLength() > 350);
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("{{ 1 +\n\n }}", 3, JinjaError.Syntax)]
    [InlineData("a\n{% if x %}", 2, JinjaError.Syntax)]
    [InlineData("a\nb\n{% include 'x' %}", 3, JinjaError.Unknown)]
    [InlineData("\n{{ 'x' | shout }}", 2, JinjaError.Unknown)]
    [InlineData("{{ x is blue }}", 1, JinjaError.Unknown)]
    [InlineData("{# \n #}\n{{ x.explode() }}", 3, JinjaError.Unknown)]
    [InlineData("{% break %}", 1, JinjaError.Syntax)]
    [InlineData("{{ 99999999999999999999 }}", 1, JinjaError.Limit)]
    internal void Parse_Wrong_SaysWhereAndHow(string template, int line, JinjaError error)
    {
        var exception = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template));
        Assert.Equal((line, error), (exception.Line, exception.Error));
    }

    [Theory]
    [InlineData("a\n\n{{ nothing.there }}", 3, JinjaError.Type)]
    [InlineData("\n{{ raise_exception('No!') }}", 2, JinjaError.Raised)]
    [InlineData("{{ [].append(1) }}", 1, JinjaError.Type)]
    [InlineData("{{ 9223372036854775807 + 1 }}", 1, JinjaError.Limit)]
    [InlineData("{{ -(-9223372036854775807 - 1) }}", 1, JinjaError.Type)]
    [InlineData("{{ ('a' * 1000000) ~ ('b' * 1000000) }}", 1, JinjaError.Limit)]
    [InlineData("{{ range(1000000) | list }}", 1, JinjaError.Limit)]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, JinjaError.Limit)]
    [InlineData("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", 1, JinjaError.Limit)]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}", 1, JinjaError.Limit)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", 1, JinjaError.Limit)]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}", 1, JinjaError.Limit)]
    [InlineData("{% for i in range(9999) %}{{ 'a' * 1000 }}{% endfor %}", 1, JinjaError.Limit)]
    internal void Render_Wrong_SaysWhereAndHow(string template, int line, JinjaError error)
    {
        var exception = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template).Render([], Clock));
        Assert.Equal((line, error), (exception.Line, exception.Error));
    }

    [Fact]
    public void Parse_NestedTooDeep_IsRefused()
    {
        var nested = string.Concat(Enumerable.Repeat("[", 10_000));
        Assert.Equal(JinjaError.Limit, Assert.Throws<JinjaException>(() => JinjaTemplate.Parse("{{ " + nested)).Error);
        Assert.Equal(JinjaError.Limit, Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(string.Concat(Enumerable.Repeat("{% if x %}", 10_000)))).Error);
        Assert.Equal(JinjaError.Limit, Assert.Throws<JinjaException>(() => JinjaTemplate.Parse("{{ " + string.Concat(Enumerable.Repeat("not ", 10_000)) + "x }}")).Error);
        // A long sum is a deep tree, which only rendering it finds out.
        var sum = JinjaTemplate.Parse("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 10_000)) + " }}");
        Assert.Equal(JinjaError.Limit, Assert.Throws<JinjaException>(() => sum.Render([], Clock)).Error);
    }

    [Fact]
    public void Parse_TooLong_IsRefused() =>
        Assert.Equal(JinjaError.Limit, Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(new string('a', JinjaLimits.TemplateCharacters + 1))).Error);

    /// <summary>What came with the request is told from what the template wrote, wherever it ends up.</summary>
    [Theory]
    [InlineData("<{{ x }}>", ".###.")]
    [InlineData("<{{ x | trim }}>", ".##.")]
    [InlineData("{{ '<' ~ x[1:] ~ '>' }}", ".##.")]
    [InlineData("{{ (x + '|').upper() }}", "###.")]
    [InlineData("{{ x.split('b')[0] + '!' }}", "##.")]
    [InlineData("{{ [x, 'y', x] | join('-') }}", "###...###")]
    [InlineData("{{ 'xby' | replace('b', x) }}", ".###.")]
    [InlineData("{% set y %}[{{ x }}]{% endset %}{{ y }}", ".###.")]
    [InlineData("{{ {'k': x} | tojson }}", "############")]
    [InlineData("{{ '%s.' | format(x) }}{{ '{}'.format(x) }}", "###.###")]
    [InlineData("{{ x | reverse }}{% for c in x %}.{{ c }}{% endfor %}", "###.#.#.#")]
    [InlineData("{% macro m(a) %}({{ a }}){% endmacro %}{{ m(x) | indent(1, true) }}", "..###.")]
    public void Render_RequestsCharacters_StayMarked(string template, string marks)
    {
        var text = JinjaTemplate.Parse(template).Render([("x", new TextValue(MarkedText.Input(" ab")))], Clock);
        Assert.Equal(marks, string.Concat(Enumerable.Range(0, text.Length).Select(i => text.IsInput(i, i + 1) ? '#' : '.')));
    }

    private static string? TryRender(string template, IEnumerable<(string, JinjaValue)> variables)
    {
        try
        {
            return JinjaTemplate.Parse(template).Render(variables, Clock).Text;
        }
        catch (JinjaException)
        {
            return null;
        }
    }
}
