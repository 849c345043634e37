using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Atoma.Network.Tests.Webhooks;

/// <param name="Headers">As received.</param>
/// <param name="Body">As received.</param>
internal sealed record Delivered(IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>Somebody's server on loopback that webhooks come to.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    public ConcurrentQueue<Delivered> Got { get; } = new();

    /// <summary>What it does with the next ones.</summary>
    public Func<HttpContext, int, Task> Answer { get; set; } = static (_, _) => Task.CompletedTask;

    public string Url => _app.Urls.Single() + "/done";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.MapPost("/{**any}", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            receiver.Got.Enqueue(new Delivered(context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.Ordinal), await reader.ReadToEndAsync()));
            await receiver.Answer(context, receiver.Got.Count);
        });
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
