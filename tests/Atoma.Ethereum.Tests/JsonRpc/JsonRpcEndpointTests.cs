using System.Net;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;

namespace Atoma.Ethereum.Tests.JsonRpc;

public class JsonRpcEndpointTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Call_BatchAnsweredInAnotherOrder_RepliesInOurs()
    {
        var script = new ScriptedEndpoint { Answer = (method, _) => method };
        var replies = await script.Endpoint().CallAsync([new JsonRpcCall("a"), new JsonRpcCall("b"), new JsonRpcCall("c")], None);
        Assert.Equal(["a", "b", "c"], replies.Select(r => r.Result.GetString()));
        Assert.Equal(1, script.Requests);
    }

    public static TheoryData<string, Func<HttpResponseMessage>> Faults { get; } = new()
    {
        { "an overloaded server", () => ScriptedEndpoint.Text("busy", HttpStatusCode.ServiceUnavailable) },
        { "a rate limit", () => ScriptedEndpoint.Text("slow down", HttpStatusCode.TooManyRequests) },
        { "a redirect", () => new HttpResponseMessage(HttpStatusCode.Redirect) { Headers = { Location = new Uri("http://elsewhere.example") } } },
        { "HTML", () => ScriptedEndpoint.Text("<html>") },
        { "nothing", () => ScriptedEndpoint.Text("") },
        { "half an answer", () => ScriptedEndpoint.Text("{\"jsonrpc\":\"2.0\",\"id\":1,\"resu") },
        { "somebody else's answer", () => ScriptedEndpoint.Text("{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":\"0x1\"}") },
        { "an array", () => ScriptedEndpoint.Text("[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x1\"}]") },
        { "no result", () => ScriptedEndpoint.Text("{\"jsonrpc\":\"2.0\",\"id\":1}") },
        { "deep nesting", () => ScriptedEndpoint.Text(new string('[', 100)) },
        { "the standard's rate limit", () => ScriptedEndpoint.Text("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32005,\"message\":\"limit\"}}") },
        { "an endless answer", () => new HttpResponseMessage { Content = new StreamContent(new EndlessStream()) } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Call_FaultOnce_IsRepeated(string fault, Func<HttpResponseMessage> response)
    {
        var script = new ScriptedEndpoint { Answer = (_, _) => "0x7", Respond = number => number == 1 ? response() : null };
        Assert.Equal(7UL, await script.Client().ChainIdAsync(None));
        Assert.True(script.Requests == 2, fault);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Call_FaultForEver_UnavailableAfterTheLastAttempt(string fault, Func<HttpResponseMessage> response)
    {
        var script = new ScriptedEndpoint { Respond = _ => response() };
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(() => script.Client().ChainIdAsync(None));
        Assert.True(script.Requests == 3, fault);
        Assert.Contains("chain.example:8545", failure.Message);
        Assert.DoesNotContain("secret", failure.ToString());
    }

    [Fact]
    public async Task Call_NoAnswer_TimesOut()
    {
        var script = new ScriptedEndpoint { Respond = _ => new HttpResponseMessage { Content = new StreamContent(new SilentStream()) } };
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(() => script.Client(attempts: 2).ChainIdAsync(None));
        Assert.Contains("no answer within 0.5 s", failure.Message);
        using var cancelled = new CancellationTokenSource();
        cancelled.CancelAfter(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => script.Client().ChainIdAsync(cancelled.Token));
    }

    [Fact]
    public async Task Call_Error_IsNotRepeatedAndItsTextIsTame()
    {
        var script = new ScriptedEndpoint { Answer = (_, _) => throw new ScriptedEndpoint.Refusal(-32601, "no\nsuch \u001b[31mmethod" + new string('x', 5_000)) };
        var failure = await Assert.ThrowsAsync<ChainRejectedException>(() => script.Client().ChainIdAsync(None));
        Assert.Equal((-32601, 1), (failure.Code, script.Requests));
        Assert.InRange(failure.Message.Length, 1, 700);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void Options_OutOfRange_AllErrorsAtOnce()
    {
        var wrong = new JsonRpcOptions { Endpoint = new Uri("ftp://x"), AttemptsMax = 0, Timeout = TimeSpan.Zero };
        var failure = Assert.Throws<ArgumentException>(() => new JsonRpcEndpoint(wrong, TimeProvider.System));
        Assert.Contains("http or https", failure.Message);
        Assert.Contains("Timeout", failure.Message);
        Assert.Contains("AttemptsMax", failure.Message);
    }

    /// <summary>Gives as much as is asked for, for ever.</summary>
    private sealed class EndlessStream : SilentStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)' ');
            return new ValueTask<int>(buffer.Length);
        }
    }

    /// <summary>Never gives anything.</summary>
    private class SilentStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
