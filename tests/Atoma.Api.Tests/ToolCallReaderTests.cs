using Atoma.Api.Answers.Tools;
using Atoma.Protocol.Models;

namespace Atoma.Api.Tests;

public sealed class ToolCallReaderTests
{
    private static readonly ToolSet Tools = new(["{}"], new HashSet<string>(StringComparer.Ordinal) { "f", "g" }, OnlyOne: false, new HashSet<string>(StringComparer.Ordinal));

    [Theory]
    [InlineData(ToolCallFormat.Tagged, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>", "", "f{\"a\": 1}")]
    [InlineData(ToolCallFormat.Tagged, "Let me see.\n\n<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>\n<tool_call>{\"name\":\"zz\",\"arguments\":{\"x\":\"</tool_call>\"}}</tool_call>", "Let me see.", "f{}|zz{\"x\":\"</tool_call>\"}")]
    [InlineData(ToolCallFormat.Tagged, "<tool_call>{\"name\":\"f\",\"arguments\":{}}", "", "f{}")] // the closing tag may be the token that ended the answer
    [InlineData(ToolCallFormat.Bare, "{\"name\": \"f\", \"parameters\": {\"a\": [1]}}", "", "f{\"a\": [1]}")]
    [InlineData(ToolCallFormat.Bare, "<|python_tag|>{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"arguments\": {}}", "", "f{}|g{}")]
    [InlineData(ToolCallFormat.Listed, "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"ü\": \"€\"}}, {\"name\": \"g\", \"arguments\": {}}]", "", "f{\"ü\": \"€\"}|g{}")]
    [InlineData(ToolCallFormat.Named, "Yes[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]g[CALL_ID]123456789[ARGS]{}", "Yes", "f{\"a\": 1}|g{}")]
    [InlineData(ToolCallFormat.FunctionTag, "<function=f>{\"a\": 1}</function>\n<function=g>{}</function>", "", "f{\"a\": 1}|g{}")]
    public void Read_Calls(ToolCallFormat format, string text, string content, string calls)
    {
        var answer = new ToolCallReader(format, Tools).Read(text);
        Assert.Equal(content, answer.Content);
        Assert.Equal(calls, string.Join('|', answer.Calls.Select(c => c.Name + c.Arguments)));
    }

    [Theory]
    [InlineData(ToolCallFormat.Tagged, "No call at all. {\"name\":\"f\",\"arguments\":{}}")]
    [InlineData(ToolCallFormat.Tagged, "a <tool_call>{\"name\":\"f\",\"argum")]
    [InlineData(ToolCallFormat.Tagged, "<tool_call>{\"name\":\"f\",\"arguments\":\"{}\"}</tool_call>")]
    [InlineData(ToolCallFormat.Tagged, "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call> and more")]
    [InlineData(ToolCallFormat.Bare, "{\"name\": \"Ada\", \"parameters\": {}}")] // JSON that somebody asked for
    [InlineData(ToolCallFormat.Bare, "{\"name\": \"f\"}")]
    [InlineData(ToolCallFormat.Bare, "I would say {\"name\": \"f\", \"parameters\": {}}")]
    [InlineData(ToolCallFormat.Listed, "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}")]
    [InlineData(ToolCallFormat.Listed, "[TOOL_CALLS][]")]
    [InlineData(ToolCallFormat.Named, "[TOOL_CALLS]f[ARGS]{\"a\": ")]
    [InlineData(ToolCallFormat.Named, "[TOOL_CALLS]")]
    [InlineData(ToolCallFormat.FunctionTag, "<function=f>{}")]
    [InlineData(ToolCallFormat.FunctionTag, "<function=>{}</function>")]
    [InlineData(ToolCallFormat.None, "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>")]
    public void Read_WhatIsNoCall_StaysText(ToolCallFormat format, string text)
    {
        var answer = new ToolCallReader(format, Tools).Read(text);
        Assert.Equal((text, 0), (answer.Content, answer.Calls.Count));
    }

    [Fact]
    public void Read_WithoutTools_IsTheText() =>
        Assert.Empty(new ToolCallReader(ToolCallFormat.Bare, ToolSet.None).Read("{\"name\": \"f\", \"parameters\": {}}").Calls);

    [Fact]
    public void Read_NotInParallel_IsTheFirstCall() =>
        Assert.Single(new ToolCallReader(ToolCallFormat.FunctionTag, Tools with { OnlyOne = true }).Read("<function=f>{}</function><function=g>{}</function>").Calls);

    /// <summary>However an answer is cut into pieces, what is shown on the way is the same, and never part of a call.</summary>
    [Theory]
    [InlineData(ToolCallFormat.Tagged, "Well < 3 \n <tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>", "Well < 3")]
    [InlineData(ToolCallFormat.Tagged, "Well <tool_call>broken", "Well")]
    [InlineData(ToolCallFormat.Tagged, "Ends with <tool_ca", "Ends with")]
    [InlineData(ToolCallFormat.Bare, " {\"name\":\"f\",\"parameters\":{}}", "")]
    [InlineData(ToolCallFormat.Bare, "Text {\"not\": \"a call\"} < b", "Text {\"not\": \"a call\"} < b")]
    [InlineData(ToolCallFormat.Listed, "Hm [TOOL [TOOL_CALLS][{\"name\":\"f\",\"arguments\":{}}]", "Hm [TOOL")]
    [InlineData(ToolCallFormat.Named, "a  [TOOL_CALLS]f[ARGS]{}", "a")]
    public void SafeLength_AnyPieces_ShowsWhatIsNoCall(ToolCallFormat format, string text, string expected)
    {
        var reader = new ToolCallReader(format, Tools);
        Assert.StartsWith(expected, reader.Read(text).Content, StringComparison.Ordinal);
        for (var size = 1; size <= text.Length; size++)
        {
            var (shown, held) = ("", "");
            for (var at = 0; at < text.Length; at += size)
            {
                held += text[at..Math.Min(at + size, text.Length)];
                var safe = reader.SafeLength(held, isStart: shown.Length == 0);
                shown += held[..safe];
                held = held[safe..];
            }

            Assert.Equal((size, expected), (size, shown));
        }
    }
}
