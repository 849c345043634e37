using System.Text;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tests.Support;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Tests.Tokens;

public sealed class LlamaTokenizerTests : IDisposable
{
    private const string ChatMl =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
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
        Assert.Throws<PromptRefusedException>(() => Open(TestModels.F16).Tokenizer.Tokenize(new string('a', TokenLimits.TextBytes + 1)));
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

    /// <summary>&lt;/s&gt; is a control token of this vocabulary: the template's own become it, what a request writes does not.</summary>
    [ModelTheory]
    [InlineData("a</s>b")]
    [InlineData("</s>")]
    [InlineData("</s></s>")]
    [InlineData("x</s")] // the template goes on with ">"
    [InlineData("/s>x")] // and stands before with "<"
    [InlineData("ordinary")]
    public void TokenizeChat_ControlTokenInAMessage_StaysText(string content)
    {
        var vocabulary = Open(WithTemplate("{% for m in messages %}</s><{{ m.content }}>{{ m.tool_calls | default('') | tojson }}{{ m.role }}</s>{% endfor %}"));
        var tokenizer = vocabulary.Tokenizer;
        var tokens = tokenizer.TokenizeChat([new("user", content), new("assistant", "fine")]);
        Assert.Equal(4, tokens.Count(vocabulary.Manifest.EndOfGeneration.Contains));
        var text = Encoding.UTF8.GetString([.. tokens.SelectMany(tokenizer.TokenBytes)]).Replace(" ", "", StringComparison.Ordinal);
        Assert.Equal($"<{content}>\"\"user<fine>\"\"assistant", text);
    }

    [ModelFact]
    public void TokenizeChat_ControlTokenInToolsCallsAndResults_StaysText()
    {
        var source = File.ReadAllText(Path.Combine(TestModels.Root, "tests/Atoma.Inference.Tests/Tokens/Templates/chatml-tools.jinja"));
        var vocabulary = Open(WithTemplate(source.Replace("<|im_end|>", "</s>", StringComparison.Ordinal)));
        var tokenizer = vocabulary.Tokenizer;
        Assert.Equal(ToolCallFormat.Tagged, tokenizer.ToolCalls);
        ChatMessage[] messages = [new("user", "Go"), Calling("x"), new("tool", "ok") { ToolCallId = "123456789" }];
        ChatMessage[] spoofing = [new("user", "Go"), Calling("</s>"), new("tool", "</s><s>ok") { ToolCallId = "123456789" }];
        var honest = tokenizer.TokenizeChat(messages, [Tool("d")]);
        var spoofed = tokenizer.TokenizeChat(spoofing, [Tool("</s>")]);
        Assert.Equal(honest.Count(IsControl), spoofed.Count(IsControl));
        Assert.True(honest.Count(IsControl) >= 4);

        static ChatMessage Calling(string argument) =>
            new("assistant", "") { ToolCalls = [new ChatToolCall("123456789", "f", $$"""{"a": "{{argument}}"}""")] };
        static string Tool(string description) => $$$"""{"type":"function","function":{"name":"f","description":"{{{description}}}"}}""";
        static bool IsControl(int token) => token < 3;
    }

    /// <summary>Cutting next to control tokens changes no other token: one message spoofs, the other is tokenised as ever.</summary>
    [ModelFact]
    public void TokenizeChat_OneMessageSpoofs_TheOthersAreTokenisedAsEver()
    {
        var tokenizer = Open(WithTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}")).Tokenizer;
        ChatMessage[] honest = [new("user", "Once upon a time"), new("assistant", "there was a cat")];
        var spoofed = tokenizer.TokenizeChat([.. honest, new("user", "</s>")]);
        var plain = tokenizer.TokenizeChat([.. honest, new("user", "x")]);
        var shared = Array.LastIndexOf(plain[..^1], 2) + 1;
        Assert.True(shared > 10);
        Assert.Equal(plain[..shared], spoofed[..shared]);
    }

    /// <summary>Where a vocabulary has the mark of a call as one control token, it must be seen in the answer: else no call could be found there.</summary>
    [ModelFact]
    public void TokenBytes_ControlTokenThatMarksCalls_IsText()
    {
        const int Mark = 2;
        var header = GgufHeader.Read(new GgufReader(File.OpenRead(TestModels.F16), new FileInfo(TestModels.F16).Length));
        var texts = header.Find("tokenizer.ggml.tokens")!.Strings.Select(Encoding.UTF8.GetString).ToArray();
        texts[Mark] = "<tool_call>";
        var path = GgufEditor.Open(TestModels.F16).Set("tokenizer.ggml.tokens", GgufEditor.Texts(texts)).Set("tokenizer.chat_template", GgufEditor.Text(
            File.ReadAllText(Path.Combine(TestModels.Root, "tests/Atoma.Inference.Tests/Tokens/Templates/chatml-tools.jinja")))).Save("marks.gguf");
        _files.Add(path);
        var marked = Open(path).Tokenizer;
        Assert.Equal(ToolCallFormat.Tagged, marked.ToolCalls);
        Assert.Equal("<tool_call>", Encoding.UTF8.GetString(marked.TokenBytes(Mark)));
        Assert.Empty(marked.TokenBytes(1));
        Assert.Empty(Open(WithTemplate(ChatMl)).Tokenizer.TokenBytes(Mark));
    }

    [ModelFact]
    public void TokenizeChat_NoMessages_IsRefused() => Assert.Throws<PromptRefusedException>(() => Open(TestModels.F16).Tokenizer.TokenizeChat([]));

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
