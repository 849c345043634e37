using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Support;

/// <summary>One test's corner of a cluster: a model of its own, the nodes that serve it, a requester with money.</summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    public const string Answer = "The answer is 42.";

    public const long Funds = 50_000_000;

    public const long Bond = 20_000_000;

    private static int _count;

    private readonly List<FakeNode> _nodes = [];

    public TestNetwork(GrainCluster cluster, string answer = Answer)
    {
        Cluster = cluster;
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        Model = new FakeModel("test-" + number, answer);
        Account = "account-" + number;
    }

    public GrainCluster Cluster { get; }

    public FakeModel Model { get; }

    public string Account { get; }

    public Script Script { get; } = new();

    public IReadOnlyList<FakeNode> Nodes => _nodes;

    /// <summary>A funded account and this many connected nodes.</summary>
    public static async Task<TestNetwork> OfAsync(GrainCluster cluster, int nodes, string answer = Answer)
    {
        var network = new TestNetwork(cluster, answer);
        await network.DepositAsync(Funds);
        for (var i = 0; i < nodes; i++)
            Assert.Equal(0, (await (await network.AddNodeAsync()).ConnectAsync()).Code);
        return network;
    }

    public async Task<FakeNode> AddNodeAsync(long bond = Bond, FakeModel? model = null)
    {
        var node = new FakeNode(Cluster.Grains, model ?? Model, Script);
        _nodes.Add(node);
        if (bond > 0)
            await MoveAsync(LedgerAccount.External, LedgerAccount.Collateral(node.Id), bond, TransferCode.Bond);
        return node;
    }

    public Task DepositAsync(long micros) => MoveAsync(LedgerAccount.External, LedgerAccount.User(Account), micros, TransferCode.Deposit);

    public async Task MoveAsync(LedgerAccount from, LedgerAccount to, long micros, TransferCode code)
    {
        var id = new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size));
        var result = await Cluster.Ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Transfer(id, from, to, new Micros(micros), code)]), default);
        Assert.True(result.Succeeded, result.ToString());
    }

    public async Task<long> BalanceAsync(LedgerAccount account) => (await Cluster.Ledger.BalanceAsync(account, default)).Value;

    public Task<long> BalanceAsync() => BalanceAsync(LedgerAccount.User(Account));

    /// <summary>Names of the nodes that can be drawn now.</summary>
    public async Task<IReadOnlyList<string>> OffersAsync() =>
        [.. ((await Cluster.Grains.GetGrain<IModelGrain>(Keys.Model(Model.Manifest.Id)).Market())?.Offers ?? []).Select(o => o.Node)];

    public SubmitCall Call(string integrity = "none") => new()
    {
        Account = Account,
        IdempotencyKey = "",
        Model = Model.Manifest.Id,
        Messages = [],
        Prompt = "What is the answer?",
        Parameters = Parameters(new SamplingParameters { Temperature = 0 }),
        MaxTokens = 64,
        SeedGiven = false,
        Integrity = integrity,
        Assurance = null,
        Streaming = false,
        Nonce = RandomNumberGenerator.GetBytes(Hash32.Size),
    };

    public static byte[] Parameters(SamplingParameters parameters)
    {
        var writer = new CanonicalWriter();
        parameters.Write(writer);
        return writer.ToArray();
    }

    public IRequestGrain Grain(SubmitCall call) => Cluster.Grains.GetGrain<IRequestGrain>(Keys.Request(RequestSpec.IdOf(call.Account, new Hash32(call.Nonce))));

    public Task<SubmitReply> SubmitAsync(SubmitCall call) => Eventually.InTimeAsync("the request is accepted or refused", Grain(call).Submit(call));

    /// <summary>Submits, waits for the end.</summary>
    public async Task<Ended> RunAsync(SubmitCall call)
    {
        var reply = await SubmitAsync(call);
        Assert.True(reply.Status == SubmitStatus.Accepted, reply.ToString());
        return await EndAsync(call, reply);
    }

    public async Task<Ended> EndAsync(SubmitCall call, SubmitReply reply)
    {
        var events = await WatchAsync(Grain(call));
        SignedReceipt? receipt = null;
        await Eventually.TrueAsync("the receipt is stored", async () =>
        {
            var info = await Grain(call).Describe();
            if (info?.Receipt is not { } text)
                return false;
            Assert.Empty(ReceiptFile.Verify(text, new Ethereum.EthereumSignatures(), out receipt));
            return true;
        });
        return new Ended(reply, events, receipt!);
    }

    public static async Task<IReadOnlyList<AnswerEvent>> WatchAsync(IRequestGrain request, int from = 0)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        List<AnswerEvent> events = [];
        try
        {
            await foreach (var happened in request.Watch(from).WithCancellation(patience.Token))
                events.Add(happened);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The request did not end; events so far: {string.Join(" | ", events)}; {(await request.Describe())?.Json}");
        }

        return events;
    }

    /// <summary>Lets the time for one step pass, but not a lease, and tells the request.</summary>
    public async Task TimeOutAsync(SubmitCall call)
    {
        Cluster.Clock.Advance(TimeSpan.FromMilliseconds(Cluster.Options.Request.CommitTimeoutMs + 100));
        foreach (var node in _nodes)
            await node.Grain.Renew(node.Session, 0);
        await Grain(call).Sweep();
    }

    public FakeNode Culprit(Conduct conduct) => _nodes.Single(n => n.Did.ContainsKey(conduct));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisconnectAsync();
            await node.DisposeAsync();
        }
    }
}

/// <summary>A request that ended, its receipt verified.</summary>
internal sealed record Ended(SubmitReply Reply, IReadOnlyList<AnswerEvent> Events, SignedReceipt Receipt)
{
    public AnswerEnd End => Events[^1].End!;

    public string Shown => string.Concat(Events.Select(e => e.Text));

    public RequestState State => Receipt.Receipt.State;
}
