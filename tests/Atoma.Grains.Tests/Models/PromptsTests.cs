using Atoma.Grains.Abstractions;
using Atoma.Grains.Models;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Models;

namespace Atoma.Grains.Tests.Models;

public sealed class PromptsTests
{
    private static readonly ChatTurn[] Question = [new("user", "Hi")];

    [Fact]
    public void Tokenize_ConversationWithTools_IsWhatTheTokenizerMakesOfAllOfIt()
    {
        ChatTurn[] turns = [.. Question, new("assistant", "") { ToolCalls = [new CalledTool("1", "f", "{}")] }, new("tool", "r") { ToolCallId = "1" }];
        var reply = Prompts.Tokenize("test-1", new ByteTokenizer(), new TokenizeCall(null, turns, ["{}"]));
        Assert.Equal(SubmitStatus.Accepted, reply.Status);
        Assert.Equal(ByteTokenizer.Tokens("{}user: Hi\nassistant: f{}\ntool: r\n"), reply.Tokens);
    }

    [Fact]
    public void Tokenize_Text_IsThatText() =>
        Assert.Equal(ByteTokenizer.Tokens("abc"), Prompts.Tokenize("test-1", new ByteTokenizer(), new TokenizeCall("abc", [], [])).Tokens);

    [Fact]
    public void Tokenize_ToolsForAModelWithout_NamesTheModel()
    {
        var reply = Prompts.Tokenize("test-1", new NoTools(), new TokenizeCall(null, Question, ["{}"]));
        Assert.Equal(SubmitStatus.ToolsUnavailable, reply.Status);
        Assert.Contains("test-1", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_RefusedByTheTokenizer_SaysWhy()
    {
        var reply = Prompts.Tokenize("test-1", new ByteTokenizer(), new TokenizeCall(null, [new("robot", "x")], []));
        Assert.Equal((SubmitStatus.BadPrompt, "A role is system, user, assistant or tool."), (reply.Status, reply.Message));
        Assert.Equal(SubmitStatus.BadPrompt, Prompts.Tokenize("test-1", new ByteTokenizer(), new TokenizeCall("", [], [])).Status);
        Assert.Equal(SubmitStatus.BadPrompt, Prompts.Tokenize("test-1", new ByteTokenizer(), new TokenizeCall(new string('a', 200_000), [], [])).Status);
    }

    private sealed class NoTools : ITokenizer
    {
        public int VocabularySize => 0;

        public bool HasChatTemplate => false;

        public ToolCallFormat ToolCalls => ToolCallFormat.None;

        public int[] Tokenize(string text) => [];

        public int[] TokenizeChat(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null) => [];

        public byte[] TokenBytes(int token) => [];
    }
}

[Collection(ClusterCollection.Name)]
public sealed class TokenizerGrainTests(SharedCluster shared)
{
    [Fact]
    public async Task Tokenize_KnownAndUnknownModel()
    {
        var call = new TokenizeCall("abc", [], []);
        Assert.Equal(ByteTokenizer.Tokens("abc"), (await shared.Cluster.Grains.GetGrain<ITokenizerGrain>(Keys.Tokenizer("test-x")).Tokenize(call)).Tokens);
        Assert.Equal(SubmitStatus.UnknownModel, (await shared.Cluster.Grains.GetGrain<ITokenizerGrain>(Keys.Tokenizer("else")).Tokenize(call)).Status);
    }
}
