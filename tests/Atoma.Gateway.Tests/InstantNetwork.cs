using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Atoma.Api;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Atoma.Gateway.Tests;

/// <summary>
/// The whole embedded network (REST, grains, books on disk, draws, signatures, receipts) but for the engines: its nodes answer
/// at once, every token the same price.
/// </summary>
internal sealed class InstantNetwork : IAsyncDisposable
{
    public const string ModelId = "test-instant";

    /// <summary>Of one client: each costs two files in this process, and many systems allow 20,000.</summary>
    private const int ConnectionsMax = 4_000;

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly List<FakeNode> _nodes = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _heartbeats;

    private InstantNetwork(WebApplication app, string folder, IssuedKeys keys)
    {
        (_app, _folder) = (app, folder);
        Address = new Uri(app.Urls.First());
        Http = Client(keys.Api);
        Admin = Client(keys.Admin);
        DevelopmentKey = keys.Api;
        _heartbeats = BeatAsync();
    }

    public Uri Address { get; }

    /// <summary>With the development account's key.</summary>
    public HttpClient Http { get; }

    /// <summary>With the administrator's key.</summary>
    public HttpClient Admin { get; }

    public string DevelopmentKey { get; }

    public IReadOnlyList<FakeNode> Nodes => _nodes;

    public FakeModel Model { get; private init; } = new(ModelId, "42");

    public IServiceProvider Services => _app.Services;

    public ILedgerStore Ledger => _app.Services.GetRequiredService<ILedgerStore>();

    public IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    /// <param name="nodes">Connected when it returns.</param>
    /// <param name="answer">What every node answers.</param>
    /// <param name="settings">Changes the settings.</param>
    /// <param name="limits">Of the API.</param>
    public static async Task<InstantNetwork> StartAsync(int nodes = 1, string answer = "42", Func<SiloSettings, SiloSettings>? settings = null, Limits? limits = null)
    {
        var folder = Directory.CreateTempSubdirectory("atoma-gateway-").FullName;
        var given = new SiloSettings
        {
            DataDirectory = folder,
            Models = [new ModelFile("atoma-demo", Path.Combine(AppContext.BaseDirectory, "atoma-demo.gguf"))],
            Nodes = 0,
            GatewayPort = 0,
        };
        given.UsePlayMoney();
        // Thousands of clients in the nodes' own process can hold up a heartbeat for longer than the usual five seconds.
        given.Network.LeaseMs = 60_000;
        given = settings?.Invoke(given) ?? given;
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddAtomaDefaults();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.AddAtomaApi(limits);
        builder.AddAtomaSilo(given);
        builder.Services.AddSingleton<ITokenizers, ByteTokenizers>();
        builder.Services.AddSingleton<IModelWeights>(new NoWeights());
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.UseAtomaApi();
        app.UseAtomaSilo(given);
        await app.StartAsync();
        var keys = await app.Services.GetRequiredService<DevelopmentKeys>().IssueAsync(CancellationToken.None);
        var network = new InstantNetwork(app, folder, keys) { Model = new FakeModel(ModelId, answer) };
        for (var i = 0; i < nodes; i++)
            await network.AddNodeAsync();
        return network;
    }

    public async Task<FakeNode> AddNodeAsync()
    {
        var node = new FakeNode(Grains, Model, new Script()) { Concurrent = true };
        _nodes.Add(node);
        var reply = await node.ConnectAsync(node.Offer() with { Slots = 64 });
        Invariant.Assert(reply.Code == 0);
        return node;
    }

    public HttpClient Client(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = ConnectionsMax }) { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public static object Chat(string integrity = "none", int maxTokens = 8) => new
    {
        model = ModelId,
        integrity,
        max_tokens = maxTokens,
        temperature = 0,
        messages = new[] { new { role = "user", content = "6 x 7?" } },
    };

    public Task<HttpResponseMessage> ChatAsync(HttpClient? client = null, string integrity = "none", int maxTokens = 8) =>
        (client ?? Http).PostAsJsonAsync("/v1/chat/completions", Chat(integrity, maxTokens));

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _heartbeats;
        _stopping.Dispose();
        Http.Dispose();
        Admin.Dispose();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                foreach (var node in _nodes.ToArray())
                    await node.Grain.Renew(node.Session, busy: 0);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>Holds no files, so challenges none.</summary>
    private sealed class NoWeights : IModelWeights
    {
        public Task<Hash32?> AnswerAsync(ModelManifest model, Hash32 seed, CancellationToken cancellationToken) => Task.FromResult<Hash32?>(null);
    }
}
