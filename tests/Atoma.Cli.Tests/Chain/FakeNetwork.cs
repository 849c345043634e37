using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Atoma.Cli.Tests.Chain;

/// <summary>A network's API on loopback that answers what the test wrote down, and keeps what it was sent.</summary>
internal sealed class FakeNetwork : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private readonly ConcurrentDictionary<string, (int Status, string Body)> _answers = new(StringComparer.OrdinalIgnoreCase);

    public FakeNetwork()
    {
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

    /// <summary>Bodies of the POST requests, in order.</summary>
    public ConcurrentQueue<JsonObject> Posted { get; } = new();

    public void Answer(string path, JsonObject body, int status = 200) => _answers[path] = (status, body.ToJsonString());

    public void AnswerText(string path, string body) => _answers[path] = (200, body);

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                if (!_listener.IsListening)
                    return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        if (context.Request.HttpMethod == "POST")
            Posted.Enqueue((await JsonNode.ParseAsync(context.Request.InputStream))!.AsObject());
        var (status, body) = _answers.GetValueOrDefault(context.Request.Url!.AbsolutePath, (404, """{"error":{"message":"Not written down in this test."}}"""));
        context.Response.StatusCode = status;
        context.Response.ContentType = body.StartsWith('{') ? "application/json" : "text/html";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        context.Response.Close();
    }
}
