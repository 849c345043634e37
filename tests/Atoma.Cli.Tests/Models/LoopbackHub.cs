using System.Net;
using System.Net.Sockets;

namespace Atoma.Cli.Tests.Models;

/// <summary>A hub on loopback: redirects to its file store with the announced hash, knows ranges, can break off.</summary>
internal sealed class LoopbackHub : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public LoopbackHub(byte[] content, string announced)
    {
        Content = content;
        Announced = announced;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address { get; }

    public byte[] Content { get; }

    public string Announced { get; }

    /// <summary>Bytes after which the connection is cut, once.</summary>
    public int? CutAfter { get; set; }

    public bool IgnoresRanges { get; set; }

    public List<string?> Ranges { get; } = [];

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                if (!_listener.IsListening)
                    return;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var response = context.Response;
        if (context.Request.Url!.AbsolutePath.Contains("/resolve/", StringComparison.Ordinal))
        {
            response.StatusCode = 302;
            response.Headers["X-Linked-Etag"] = $"\"{Announced}\"";
            response.RedirectLocation = "/store/file";
            response.Close();
            return;
        }

        if (context.Request.Url.AbsolutePath != "/store/file")
        {
            response.StatusCode = 404;
            response.Close();
            return;
        }

        var range = context.Request.Headers["Range"];
        Ranges.Add(range);
        var from = range is null || IgnoresRanges ? 0 : int.Parse(range["bytes=".Length..^1]);
        if (from >= Content.Length)
        {
            response.StatusCode = 416;
            response.Close();
            return;
        }

        response.StatusCode = from > 0 ? 206 : 200;
        response.ContentLength64 = Content.Length - from;
        if (CutAfter is { } cut)
        {
            CutAfter = null;
            response.OutputStream.Write(Content, from, cut);
            response.OutputStream.Flush();
            response.Abort();
            return;
        }

        response.OutputStream.Write(Content, from, Content.Length - from);
        response.Close();
    }

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait(TimeSpan.FromSeconds(5));
    }
}
