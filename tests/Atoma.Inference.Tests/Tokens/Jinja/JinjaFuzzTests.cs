using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens.Jinja;

namespace Atoma.Inference.Tests.Tokens.Jinja;

/// <summary>A template comes with a stranger's model: whatever it holds, the answer is a text or a typed refusal, and soon.</summary>
public sealed class JinjaFuzzTests
{
    private const int Rounds = 400;

    private static readonly string[] Words =
        ["{{", "}}", "{%", "%}", "{%-", "-%}", "{#", "#}", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "|", ".", ",", ":", "~", "+", "-", "*", "//", "%", "==", "not ", " in ",
         " is ", " if ", " else ", "for ", "endfor", "set ", "macro ", "messages", "loop", "[0]", "[::-1]", "tojson", "length", "join", "1e999", "0x", "99999999999", "\n", "\ud83d", "\0"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ParseAndRender_MutatedTemplates_EndWithTextOrTypedRefusal(int seed)
    {
        var random = new Random(seed);
        var sources = Directory.GetFiles(Path.Combine(TestModels.Root, "tests/Atoma.Inference.Tests/Tokens/Templates"), "*.jinja").Order(StringComparer.Ordinal).Select(File.ReadAllText).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var template = Mutate(sources[random.Next(sources.Length)], random);
            try
            {
                JinjaTemplate.Parse(template).Render(Variables(), TimeProvider.System);
            }
            catch (JinjaException)
            {
                // Refused, with a line.
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}\n{template}");
            }
        }
    }

    [Fact]
    public void ParseAndRender_RandomWords_EndWithTextOrTypedRefusal()
    {
        var random = new Random(4);
        for (var round = 0; round < Rounds * 5; round++)
        {
            var template = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => Words[random.Next(Words.Length)]));
            try
            {
                JinjaTemplate.Parse(template).Render(Variables(), TimeProvider.System);
            }
            catch (JinjaException)
            {
                // Refused, with a line.
            }
        }
    }

    private static string Mutate(string source, Random random)
    {
        var text = source;
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(1, 12), text.Length - at);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Words[random.Next(Words.Length)]),
                2 => text.Insert(random.Next(text.Length + 1), text.Substring(at, length)),
                _ => text[..at] + Words[random.Next(Words.Length)] + text[(at + length)..],
            };
        }

        return text;
    }

    private static IEnumerable<(string, JinjaValue)> Variables()
    {
        using var document = System.Text.Json.JsonDocument.Parse("""
            {"messages":[{"role":"system","content":"s"},{"role":"user","content":"a\ud83d\ude00"},{"role":"assistant","content":"","tool_calls":[{"id":"123456789","function":{"name":"f","arguments":{"a":[1,2.5,null]}}}]},{"role":"tool","content":"r","tool_call_id":"123456789"}],
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{}}}],"add_generation_prompt":true,"bos_token":"<s>","eos_token":"</s>"}
            """);
        return [.. document.RootElement.EnumerateObject().Select(p => (p.Name, PythonJson.Read(p.Value)))];
    }
}
