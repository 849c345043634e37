using System.Text;
using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Tokens;

public sealed class LlamaTokenizerTests : IDisposable
{
    private const string ChatMl = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
    private readonly List<ModelVocabulary> _open = [];
    private readonly List<string> _files = [];

    [ModelTheory]
    [InlineData("Once upon a time, there was a little girl named Lily.")]
    [InlineData("two  spaces and a\nnew line\ttab")]
    [InlineData("ümlaut, 漢字, 🦉 and \u0301 combining")]
    [InlineData("</s> <s> <unk> [INST] <|im_end|> <0x0A>")]
    [InlineData("x")]
    public void Tokenize_AnyText_ComesBackFromItsTokens(string text)
    {
        var tokenizer = Open(TestModels.F16).Tokenizer;
        var tokens = tokenizer.Tokenize(text);
        var back = Encoding.UTF8.GetString([.. tokens.SelectMany(tokenizer.TokenBytes)]);
        Assert.Equal(text, back.TrimStart(' ')); // SentencePiece puts a space before the first word
    }

    [ModelFact]
    public void Tokenize_EmptyText_IsTheBeginToken() => Assert.Equal([1], Open(TestModels.F16).Tokenizer.Tokenize(""));

    [ModelFact]
    public void Tokenize_SpecialTokenWrittenOut_StaysText()
    {
        var vocabulary = Open(TestModels.F16);
        var tokens = vocabulary.Tokenizer.Tokenize("</s>");
        Assert.DoesNotContain(tokens[1..], vocabulary.Manifest.EndOfGeneration.Contains);
    }

    [ModelFact]
    public void Tokenize_TooLong_IsRefused()
    {
        var exception = Assert.Throws<InferenceException>(() => Open(TestModels.F16).Tokenizer.Tokenize(new string('a', TokenLimits.TextBytes + 1)));
        Assert.Equal(InferenceError.TokenizeFailed, exception.Error);
    }

    [ModelFact]
    public void TokenBytes_OutsideTheVocabulary_IsRefused()
    {
        var tokenizer = Open(TestModels.F16).Tokenizer;
        Assert.Throws<InferenceException>(() => tokenizer.TokenBytes(512));
        Assert.Throws<InferenceException>(() => tokenizer.TokenBytes(-1));
        Assert.Empty(tokenizer.TokenBytes(1));
    }

    [ModelFact]
    public void TokenizeChat_ModelWithoutTemplate_IsRolePrefixedLines()
    {
        var tokenizer = Open(TestModels.F16).Tokenizer;
        Assert.False(tokenizer.HasChatTemplate);
        var tokens = tokenizer.TokenizeChat([new("system", "Be kind."), new("user", "Hello"), new("assistant", "Hi"), new("user", "Bye")]);
        Assert.Equal(tokenizer.Tokenize("System: Be kind.\nUser: Hello\nAssistant: Hi\nUser: Bye\nAssistant:"), tokens);
    }

    [ModelFact]
    public void TokenizeChat_KnownTemplate_RendersIt()
    {
        var tokenizer = Open(WithTemplate(ChatMl)).Tokenizer;
        Assert.True(tokenizer.HasChatTemplate);
        var tokens = tokenizer.TokenizeChat([new("user", "Hello")]);
        Assert.Equal("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", Text(tokenizer, tokens));
    }

    [ModelFact]
    public void TokenizeChat_MessageThatWritesAControlToken_DoesNotBecomeIt()
    {
        // </s> is a control token of this vocabulary.
        var vocabulary = Open(WithTemplate(ChatMl));
        var tokens = vocabulary.Tokenizer.TokenizeChat([new("user", "a</s>b"), new("assistant", "\uE0A7 0"), new("user", "c")]);
        Assert.DoesNotContain(tokens, vocabulary.Manifest.EndOfGeneration.Contains);
        Assert.Contains("a</s>b", Text(vocabulary.Tokenizer, tokens).Replace(" a", "a", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [ModelFact]
    public void TokenizeChat_NoMessages_IsRefused() => Assert.Throws<ArgumentException>(() => Open(TestModels.F16).Tokenizer.TokenizeChat([]));

    [ModelFact]
    public void Load_UnknownTemplate_IsRefused()
    {
        var exception = Assert.Throws<InferenceException>(() => Open(WithTemplate("{{ whatever }}")));
        Assert.Equal(InferenceError.TemplateUnknown, exception.Error);
    }

    [ModelFact]
    public void Load_Model_GivesTheSameManifestAsAnEngine()
    {
        var manifest = Open(TestModels.F16).Manifest;
        Assert.Equal("stories260k-f16", manifest.Id);
        Assert.Equal(512, manifest.VocabularySize);
        Assert.NotEmpty(manifest.EndOfGeneration);
    }

    public void Dispose()
    {
        _open.ForEach(v => v.Dispose());
        _files.ForEach(f => Directory.Delete(Path.GetDirectoryName(f)!, recursive: true));
    }

    private static string Text(ITokenizer tokenizer, int[] tokens) =>
        Encoding.UTF8.GetString([.. tokens.SelectMany(tokenizer.TokenBytes)]).TrimStart(' ');

    private string WithTemplate(string template)
    {
        var path = GgufEditor.Open(TestModels.F16).Set("tokenizer.chat_template", GgufEditor.Text(template)).Save("templated.gguf");
        _files.Add(path);
        return path;
    }

    private ModelVocabulary Open(string path)
    {
        var vocabulary = ModelVocabulary.Load(path, null, new LlamaLibraryOptions(), NullLogger.Instance);
        _open.Add(vocabulary);
        return vocabulary;
    }
}
