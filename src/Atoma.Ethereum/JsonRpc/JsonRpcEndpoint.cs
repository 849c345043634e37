using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.JsonRpc;

/// <summary>
/// Exchanges JSON-RPC 2.0 messages with one endpoint over HTTP. Repeats an exchange that failed, so only calls that may be made
/// twice go through it: reads, and handing over signed transactions. Safe for concurrent use.
/// </summary>
public sealed class JsonRpcEndpoint : IDisposable
{
    private readonly JsonRpcOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private long _lastId;

    /// <param name="options">Checked here.</param>
    /// <param name="time">For timeouts and pauses.</param>
    /// <param name="handler">Instead of the network, for tests; it is disposed with this.</param>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    public JsonRpcEndpoint(JsonRpcOptions options, TimeProvider time, HttpMessageHandler? handler = null)
    {
        options.Validate();
        _options = options;
        _time = time;
        handler ??= new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = JsonRpcLimits.ConnectionsMax,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Host and port, for messages.</summary>
    public string Name => _options.Endpoint.Authority;

    /// <exception cref="ChainUnavailableException">No usable answer after all attempts.</exception>
    public async Task<JsonRpcReply> CallAsync(JsonRpcCall call, CancellationToken cancellationToken) =>
        (await CallAsync([call], cancellationToken))[0];

    /// <summary>All in one request.</summary>
    /// <param name="batch">1 to <see cref="JsonRpcLimits.BatchMax"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>One reply per call, in their order.</returns>
    /// <exception cref="ChainUnavailableException">No usable answer after all attempts.</exception>
    public async Task<JsonRpcReply[]> CallAsync(IReadOnlyList<JsonRpcCall> batch, CancellationToken cancellationToken)
    {
        Invariant.Assert(batch.Count is > 0 and <= JsonRpcLimits.BatchMax);
        var pause = JsonRpcLimits.BackoffMin;
        for (var attempt = 1; ; attempt++)
        {
            var (replies, failure) = await TryAsync(batch, cancellationToken);
            if (replies is not null)
                return replies;
            if (attempt == _options.AttemptsMax)
                throw new ChainUnavailableException($"Endpoint {Name} gave no usable answer to {batch[0].Method} in {attempt} attempts: {failure!.Message}", failure);
            await Task.Delay(pause, _time, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, JsonRpcLimits.BackoffMax.Ticks));
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(JsonRpcReply[]? Replies, Exception? Failure)> TryAsync(IReadOnlyList<JsonRpcCall> batch, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var firstId = Interlocked.Add(ref _lastId, batch.Count) - batch.Count + 1;
            var body = await ExchangeAsync(batch, firstId, either.Token);
            var replies = JsonRpcReplies.Parse(body, firstId, batch.Count);
            var busy = Array.Find(replies, r => r.Error?.IsTransient == true).Error;
            return busy is null ? (replies, null) : (null, new HttpRequestException(busy.Message));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new TimeoutException($"no answer within {_options.Timeout.TotalSeconds:0.#} s", e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or EthereumFormatException)
        {
            return (null, e);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ExchangeAsync(IReadOnlyList<JsonRpcCall> batch, long firstId, CancellationToken cancellationToken)
    {
        JsonNode message = batch.Count == 1 ? batch[0].ToJson(firstId) : new JsonArray([.. batch.Select((call, i) => call.ToJson(firstId + i))]);
        using var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(message.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Endpoint) { Content = content };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await ReadBoundedAsync(response.Content, cancellationToken);
        // Some endpoints send a JSON-RPC error with status 400; the parser decides. Others are not about the call.
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.BadRequest)
            throw new HttpRequestException($"HTTP status {(int)response.StatusCode}");
        return body;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBoundedAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
                return buffer.AsMemory(0, length);
            length += read;
            if (length < buffer.Length)
                continue;
            if (length >= JsonRpcLimits.ResponseMaxBytes)
                throw new EthereumFormatException($"the answer is longer than {JsonRpcLimits.ResponseMaxBytes} bytes");
            Array.Resize(ref buffer, Math.Min(2 * buffer.Length, JsonRpcLimits.ResponseMaxBytes));
        }
    }
}
