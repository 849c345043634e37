using Atoma.Grains.Requests;
using Atoma.Grains.Tests.Support;

namespace Atoma.Grains.Tests.Requests;

public sealed class AnswerTextTests
{
    private readonly ByteTokenizer _tokenizer = new();

    [Fact]
    public void Add_CharacterSplitOverTokens_WaitsForItsLastByte()
    {
        var text = new AnswerText(_tokenizer, [], []);
        Assert.Equal("a", text.Add(['a']));
        Assert.Equal("", text.Add([0xE2]));
        Assert.Equal("", text.Add([0x82]));
        Assert.Equal("€b", text.Add([0xAC, 'b']));
        Assert.Equal("a€b", text.Shown);
    }

    [Fact]
    public void Add_SurrogatePairSplitOverTokens_ComesWhole()
    {
        var text = new AnswerText(_tokenizer, [], []);
        var bytes = ByteTokenizer.Tokens("🙂");
        Assert.Equal("", text.Add(bytes[..3]));
        Assert.Equal("🙂", text.Add(bytes[3..]));
    }

    [Fact]
    public void Finish_CharacterNeverCompleted_ShowsAReplacement()
    {
        var text = new AnswerText(_tokenizer, [], []);
        Assert.Equal("a", text.Add(['a', 0xE2, 0x82]));
        Assert.Equal("\uFFFD", text.Finish());
    }

    [Fact]
    public void Add_SpecialToken_ShowsNothing() => Assert.Equal("ab", new AnswerText(_tokenizer, [], []).Add(['a', ByteTokenizer.End, 'b']));

    [Fact]
    public void Add_StopTextAcrossTokens_IsNeverShown()
    {
        var text = new AnswerText(_tokenizer, ["END"], []);
        Assert.Equal("one ", text.Add(ByteTokenizer.Tokens("one E")));
        Assert.Equal("", text.Add(['N']));
        Assert.Equal("", text.Add(['D']));
        Assert.Equal("", text.Add(ByteTokenizer.Tokens(" two")));
        Assert.Equal("", text.Finish());
        Assert.Equal("one ", text.Shown);
    }

    [Fact]
    public void Add_StartOfAStopTextThatIsNone_IsShownLater()
    {
        var text = new AnswerText(_tokenizer, ["END"], []);
        Assert.Equal("", text.Add(ByteTokenizer.Tokens("EN")));
        Assert.Equal("ENT", text.Add(['T']));
        Assert.Equal("", text.Add(['E']));
        Assert.Equal("E", text.Finish());
    }

    [Fact]
    public void Add_SeveralStopTexts_CutsAtTheFirst()
    {
        var text = new AnswerText(_tokenizer, ["two", "one"], []);
        Assert.Equal("zero ", text.Add(ByteTokenizer.Tokens("zero one two")));
        Assert.Equal("zero ", text.Shown);
    }

    [Fact]
    public void Add_StopTextThatRepeatsItsStart_IsFound()
    {
        var text = new AnswerText(_tokenizer, ["aab"], []);
        var shown = string.Concat(ByteTokenizer.Tokens("xaaab!").Select(t => text.Add([t]))) + text.Finish();
        Assert.Equal("xa", shown);
    }

    [Fact]
    public void Add_MultiByteStopText_IsCut()
    {
        var text = new AnswerText(_tokenizer, ["€€"], []);
        var shown = string.Concat(ByteTokenizer.Tokens("1€ and €€ more").Select(t => text.Add([t]))) + text.Finish();
        Assert.Equal("1€ and ", shown);
    }

    /// <summary>However tokens arrive, the same is shown.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("naïve 🙂 STOP hidden")]
    [InlineData("ST STO STOP")]
    [InlineData("")]
    public void Add_AnySplit_ShowsTheSame(string whole)
    {
        var tokens = ByteTokenizer.Tokens(whole);
        var expected = whole.Split("STOP")[0];
        for (var size = 1; size <= Math.Max(1, tokens.Length); size++)
        {
            var text = new AnswerText(_tokenizer, ["STOP"], []);
            Assert.Equal(expected, string.Concat(tokens.Chunk(size).Select(c => text.Add(c))) + text.Finish());
            Assert.Equal(expected, text.Shown);
        }
    }
}
