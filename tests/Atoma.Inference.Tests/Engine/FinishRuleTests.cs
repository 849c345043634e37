using System.Text;
using Atoma.Inference.Engine;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

public class FinishRuleTests
{
    private const int End = 1000;

    [Theory]
    [InlineData("END", "a", "E", "N", "D", 3)]
    [InlineData("END", "xEND", "", "", "", 0)]
    [InlineData("END", "EEN", "D", "", "", 1)]
    [InlineData("ünï", "\u00fc", "n", "\u00ef", "", 2)]
    [InlineData("x", "a", "b", "c", "x", 3)]
    public void Next_StopText_EndsAtTheTokenThatCompletesIt(string stop, string a, string b, string c, string d, int expected)
    {
        var texts = new[] { a, b, c, d };
        var rule = new FinishRule(new SamplingParameters { Stop = [stop], MaxTokens = 10 }, new HashSet<int> { End }, new Texts(texts));
        for (var token = 0; token < expected; token++)
            Assert.Null(rule.Next(token));
        Assert.Equal(FinishReason.StopText, rule.Next(expected));
    }

    [Fact]
    public void Next_StopTextAcrossSplitCharacter_IsFound()
    {
        // 漢 is three bytes: two in one token, one in the next.
        var bytes = Encoding.UTF8.GetBytes("漢");
        var rule = new FinishRule(new SamplingParameters { Stop = ["漢"] }, new HashSet<int>(), new Texts(bytes[..2], bytes[2..]));
        Assert.Null(rule.Next(0));
        Assert.Equal(FinishReason.StopText, rule.Next(1));
    }

    [Fact]
    public void Next_EndTokenAndLengthAtOnce_TheEndTokenWins()
    {
        var rule = new FinishRule(new SamplingParameters { MaxTokens = 1 }, new HashSet<int> { End }, new Texts(Array.Empty<string>()));
        Assert.Equal(FinishReason.EndOfSequence, rule.Next(End));
    }

    [Fact]
    public void Next_StopTextAndLengthAtOnce_TheStopTextWins()
    {
        var rule = new FinishRule(new SamplingParameters { MaxTokens = 1, Stop = ["a"] }, new HashSet<int>(), new Texts("a"));
        Assert.Equal(FinishReason.StopText, rule.Next(0));
    }

    [Fact]
    public void Next_EndTokenIgnored_GoesOn()
    {
        var parameters = new SamplingParameters { MaxTokens = 2, IgnoreEndOfSequence = true };
        var rule = new FinishRule(parameters, new HashSet<int> { End }, new Texts(Array.Empty<string>()));
        Assert.Null(rule.Next(End));
        Assert.Equal(FinishReason.Length, rule.Next(End));
    }

    private sealed class Texts(params byte[][] pieces) : ITokenizer
    {
        public Texts(params string[] pieces)
            : this([.. pieces.Select(Encoding.UTF8.GetBytes)])
        {
        }

        public int VocabularySize => pieces.Length;

        public bool HasChatTemplate => false;

        public int[] Tokenize(string text) => [];

        public int[] TokenizeChat(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null) => [];

        public ToolCallFormat ToolCalls => ToolCallFormat.None;

        public byte[] TokenBytes(int token) => token < pieces.Length ? pieces[token] : [];
    }
}
