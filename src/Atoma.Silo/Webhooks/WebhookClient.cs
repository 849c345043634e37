using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Atoma.Silo.Webhooks;

/// <summary>How a delivery went.</summary>
/// <param name="Problem">Null when it was taken.</param>
/// <param name="IsFinal">Trying again is of no use.</param>
internal readonly record struct Delivery(string? Problem, bool IsFinal = false);

/// <summary>
/// Posts to addresses that strangers name. What a name resolves to is looked at when the connection is made, so that it cannot be
/// another address by then; redirects are not followed; nothing of the response but its status is read.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    /// <summary>Time of one delivery, connection included. A receiver that works longer takes the message first and works then.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Kilobytes of a response's headers.</summary>
    private const int HeadersMaxKilobytes = 16;

    private readonly bool _toPrivate;
    private readonly HttpClient _http;

    public WebhookClient(bool toPrivateAddresses)
    {
        _toPrivate = toPrivateAddresses;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = HeadersMaxKilobytes,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectCallback = ConnectAsync,
        }) { Timeout = Timeout };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Atoma-Webhooks/1");
    }

    public async Task<Delivery> PostAsync(string url, string id, DateTimeOffset at, string signature, string body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url)
            {
                Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            request.Headers.Add("webhook-id", id);
            request.Headers.Add("webhook-timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("webhook-signature", signature);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return status switch
            {
                >= 200 and < 300 => new Delivery(null),
                // The receiver wants no more.
                StatusCodes.Status410Gone => new Delivery("The receiver answered 410.", IsFinal: true),
                >= 300 and < 400 => new Delivery($"The receiver answered {status}; redirects are not followed."),
                _ => new Delivery($"The receiver answered {status}."),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Delivery($"No answer within {Timeout.TotalSeconds:F0} s.");
        }
        catch (HttpRequestException e)
        {
            return new Delivery((e.InnerException as NotPublicException)?.Message ?? e.Message, e.InnerException is NotPublicException);
        }
        catch (Exception e) when (e is UriFormatException or InvalidOperationException or NotSupportedException)
        {
            return new Delivery(e.Message, IsFinal: true);
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        // All of them: a name with one good address and one within is an attempt to get within.
        if (!_toPrivate && !Array.TrueForAll(addresses, PublicAddress.Is))
            throw new NotPublicException($"{context.DnsEndPoint.Host} is not a public address.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class NotPublicException(string message) : Exception(message);
}
