using System.Collections.Concurrent;
using System.Net;

namespace Atoma.Network.Tests;

/// <summary>Takes what an OTLP exporter sends over HTTP, and keeps it.</summary>
public sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();

    public OtlpReceiver()
    {
        Endpoint = $"http://127.0.0.1:{LiveNetwork.FreePort()}/";
        _listener.Prefixes.Add(Endpoint);
        _listener.Start();
        _ = TakeAsync();
    }

    public string Endpoint { get; }

    public IReadOnlyList<byte[]> Bodies => [.. _received.Select(r => r.Body)];

    /// <summary>Spans received so far.</summary>
    public IReadOnlyList<(string Trace, string Name)> Spans =>
        [.. _received.Where(r => r.Path.EndsWith("/traces", StringComparison.Ordinal)).SelectMany(r => SpansOf(r.Body))];

    public bool HasMetrics => _received.Any(r => r.Path.EndsWith("/metrics", StringComparison.Ordinal));

    public void Dispose() => _listener.Close();

    private async Task TakeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _received.Enqueue((context.Request.Url!.AbsolutePath, body.ToArray()));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    /// <summary>ExportTraceServiceRequest: resource_spans (1) → scope_spans (2) → spans (2), of which trace_id is 1 and name is 5.</summary>
    private static IEnumerable<(string Trace, string Name)> SpansOf(byte[] request) =>
        Fields(request, 1).SelectMany(r => Fields(r, 2)).SelectMany(s => Fields(s, 2))
            .Select(s => (Convert.ToHexStringLower(Fields(s, 1).Single()), System.Text.Encoding.UTF8.GetString(Fields(s, 5).Single())));

    /// <summary>Length-delimited fields of a protobuf message that have this number.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var at = 0;
        while (at < message.Length)
        {
            var tag = VarInt(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    VarInt(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var length = (int)VarInt(message, ref at);
                    if ((int)(tag >> 3) == number)
                        found.Add(message[at..(at + length)]);
                    at += length;
                    break;
            }
        }

        return found;
    }

    private static ulong VarInt(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
                return value;
        }
    }
}
