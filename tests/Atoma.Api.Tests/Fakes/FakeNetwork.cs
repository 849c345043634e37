using System.Collections.Concurrent;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Orleans.Runtime;

namespace Atoma.Api.Tests.Fakes;

/// <summary>The network as the API sees it, with answers that a test prepares.</summary>
internal sealed partial class FakeNetwork : IGrainFactory, IBooksGrain, IDirectoryGrain
{
    public const string ClientKey = "atk_client-1111111111";
    public const string OtherKey = "atk_other-2222222222";
    public const string AdminKey = "atk_admin-3333333333";
    public const string Account = "acct-1";

    public static readonly string NodeAddress = NodeId.Parse("0x52908400098527886e0f7030069857d2e4169ee7").ToString();

    /// <summary>Grains by key, made on first use.</summary>
    public ConcurrentDictionary<string, FakeRequest> Requests { get; } = new(StringComparer.Ordinal);

    public Func<string, FakeRequest, DisputeReply> OnDispute { get; set; } = static (_, request) => new DisputeReply(DisputeStatus.Opened, "", request.Id, 12);

    public Func<SubmitCall, QuoteReply> OnQuote { get; set; } = static _ => new QuoteReply(SubmitStatus.Accepted, "", FakeQuotes.Quote);

    public ConcurrentQueue<SubmitCall> Quoted { get; } = new();

    /// <summary>By slash, node and signature.</summary>
    public Func<string, string, byte[], AppealReply> OnAppeal { get; set; } = static (_, _, _) => new AppealReply(AppealStatus.Ok, "Voted on again.", FakeCases.Slash with { Appealed = true, Status = "unconfirmed" });

    /// <summary>By slash, node, signature and request.</summary>
    public Func<string, string, byte[], string, EvidenceReply> OnEvidence { get; set; } = static (_, _, _, _) => new EvidenceReply(AppealStatus.Ok, new string('a', 64), "{\"receipt\":1}");

    /// <summary>What the next submissions get.</summary>
    public Func<SubmitCall, FakeRequest, SubmitReply> OnSubmit { get; set; } =
        static (_, request) => new SubmitReply(SubmitStatus.Accepted, "", request.Id, "none", 5, 1000);

    /// <summary>What the next accepted requests show.</summary>
    public IReadOnlyList<AnswerEvent> Script { get; set; } = [];

    /// <summary>Of every request, as its tokens read.</summary>
    public PromptText Prompt { get; set; } = new("Once", 1, 0);

    /// <summary>Each watch waits here before its last event.</summary>
    public Task BeforeEnd { get; set; } = Task.CompletedTask;

    /// <summary>Number of the next watches that break after their first event.</summary>
    public int WatchesThatBreak;

    public ConcurrentQueue<SubmitCall> Submitted { get; } = new();

    public Dictionary<string, KeyInfo> KeysByHash { get; } = new(StringComparer.Ordinal)
    {
        [ApiKeys.Hash(ClientKey)] = Key(Account, "client", "manage"),
        [ApiKeys.Hash(OtherKey)] = Key("acct-2", "client"),
        [ApiKeys.Hash(AdminKey)] = Key("operator", "admin"),
    };

    public int KeyLookups;
    public int NetworkReads;
    public int ReviewReads;

    public bool Ready { get; set; } = true;

    /// <summary>Thrown by the books when set.</summary>
    public Exception? BooksFault { get; set; }

    public NodeInfo Node { get; set; } = new()
    {
        Address = NodeAddress, State = "active", Online = true, EndpointKind = "silo", Country = "CH", Model = "atoma-demo", Echelon = "e1",
        InputPriceMicros = 100, OutputPriceMicros = 300, Slots = 4, Busy = 1, CollateralMicros = 1_000_000, FrozenMicros = 0, EarningsMicros = 77,
        RegisteredAt = DateTimeOffset.UnixEpoch, JailReason = "", Models = ["atoma-demo", "atoma-other"],
        Quarantined = true, Suspicion = 0.25, OutstandingMicros = 10, OutstandingCapMicros = 10_000,
    };

    public TGrain GetGrain<TGrain>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrain : IGrainWithStringKey =>
        (TGrain)(object)(typeof(TGrain).Name switch
        {
            nameof(IBooksGrain) or nameof(IDirectoryGrain) => this,
            nameof(IAccountsGrain) => this,
            nameof(IPayoutsGrain) => new FakePayouts(),
            nameof(ITrafficGrain) => new FakeTraffic(this),
            nameof(IRequestGrain) => Requests.GetOrAdd(primaryKey, key => new FakeRequest(this, key["req:".Length..])),
            nameof(IModelGrain) => new FakeModel(primaryKey),
            nameof(ITokenizerGrain) => new FakeTokenizer(primaryKey),
            nameof(IWebhookGrain) => new FakeWebhooks(this),
            nameof(IQuoteGrain) => new FakeQuotes(this, primaryKey),
            nameof(ICaseGrain) => new FakeCases(this, primaryKey["case:".Length..]),
            nameof(INodeGrain) => new FakeNode(primaryKey == "node:" + NodeAddress ? Node : null),
            _ => throw new NotSupportedException(typeof(TGrain).Name),
        });

    /// <summary>Idempotency keys that were used before.</summary>
    public HashSet<string> UsedKeys { get; } = new(StringComparer.Ordinal);

    public Task<bool> IsIdempotencyKeyUsed(string account, string idempotencyKey) => Task.FromResult(UsedKeys.Contains(idempotencyKey));

    /// <summary>Addresses to be told, by request.</summary>
    public ConcurrentDictionary<string, WebhookInfo> Webhooks { get; } = new(StringComparer.Ordinal);

    public Task<NetworkInfo> Network()
    {
        Interlocked.Increment(ref NetworkReads);
        return BooksFault is { } fault
            ? Task.FromException<NetworkInfo>(fault)
            : Task.FromResult(new NetworkInfo
            {
                Epoch = 42, EpochEndsAt = DateTimeOffset.UnixEpoch, Coordinator = NodeAddress,
                Requests = new Dictionary<string, long>(StringComparer.Ordinal) { ["settled"] = 7, ["refunded"] = 1 },
                DepositsMicros = 1000, WithdrawalsMicros = 10, BurnedMicros = 5, AccountsMicros = 985, EscrowMicros = 20, HoldsMicros = 20,
                DifferenceMicros = 0, MismatchedAccounts = 0, OpenSlashes = 1, Ready = Ready, Beacon = new BeaconStep(1, "aa", 3, "bb"),
                AuditPoolMicros = 66, OpenCases = new Dictionary<string, long>(StringComparer.Ordinal) { ["frozen"] = 1 },
                Consensus = new ConsensusInfo(0.03, 1, 0.6, 100, 0.01, 0.333),
            });
    }

    public Task<IReadOnlyList<SlashInfo>> Slashes(string node, int limit) => Task.FromResult<IReadOnlyList<SlashInfo>>([FakeCases.Slash]);

    public Task<IReadOnlyList<ReviewSummary>> RecentReviews(int limit)
    {
        Interlocked.Increment(ref ReviewReads);
        return Task.FromResult<IReadOnlyList<ReviewSummary>>(
        [
            new ReviewSummary("r1", "assembly", "o1", "atoma-demo", "settled", "mismatch", 6, DateTimeOffset.UnixEpoch),
            new ReviewSummary("r2", "dispute", "o2", "atoma-demo", "open", "", 3, DateTimeOffset.UnixEpoch),
        ]);
    }

    public int LastListLimit { get; private set; }

    public Task<IReadOnlyList<RequestSummary>> RecentRequests(string account, int limit)
    {
        LastListLimit = limit;
        return Task.FromResult<IReadOnlyList<RequestSummary>>([new RequestSummary("id-of-" + account, "settled", "atoma-demo", DateTimeOffset.UnixEpoch)]);
    }

    public Task AddNode(string node) => throw new NotSupportedException();

    public Task AddModel(string model) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> Nodes() => Task.FromResult<IReadOnlyList<string>>([NodeAddress]);

    public Task SetLeaving(string node, bool isLeaving) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> Leaving() => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> Models() => Task.FromResult<IReadOnlyList<string>>(["atoma-demo", "atoma-gone"]);

    public TGrain GetGrain<TGrain>(Guid primaryKey, string? grainClassNamePrefix = null) where TGrain : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrain GetGrain<TGrain>(long primaryKey, string? grainClassNamePrefix = null) where TGrain : IGrainWithIntegerKey => throw new NotSupportedException();

    public TGrain GetGrain<TGrain>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null) where TGrain : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrain GetGrain<TGrain>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null) where TGrain : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    public TObserver CreateObjectReference<TObserver>(IGrainObserver obj) where TObserver : IGrainObserver => throw new NotSupportedException();

    public void DeleteObjectReference<TObserver>(IGrainObserver obj) where TObserver : IGrainObserver => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId) where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();
}

/// <summary>Tells https addresses only.</summary>
internal sealed class FakeWebhooks(FakeNetwork network) : IWebhookGrain
{
    public Task<bool> Add(string request, string account, string url)
    {
        var taken = url.StartsWith("https://", StringComparison.Ordinal);
        if (taken)
            network.Webhooks.TryAdd(request, new WebhookInfo(account, url, "waiting", 0, DateTimeOffset.UnixEpoch, ""));
        return Task.FromResult(taken);
    }

    public Task<WebhookInfo?> Find(string request) => Task.FromResult(network.Webhooks.GetValueOrDefault(request));

    public Task<string> Secret(string account) => Task.FromResult("whsec_of_" + account);
}

internal sealed class FakeNode(NodeInfo? info) : INodeGrain
{
    public Task<NodeInfo?> Describe() => Task.FromResult(info);

    public Task SetUnbonding(long micros) => throw new NotSupportedException();

    public Task<ConnectReply> Connect(ConnectCall call, INodeLink link) => throw new NotSupportedException();

    public Task<bool> Renew(string session, int busy) => throw new NotSupportedException();

    public Task Disconnect(string session) => throw new NotSupportedException();

    public Task<bool> Send(byte[] message) => throw new NotSupportedException();

    public Task<EngageStatus> Engage(string request, long valueMicros) => throw new NotSupportedException();

    public Task Release(string request) => throw new NotSupportedException();

    public Task Jail(string reason) => throw new NotSupportedException();

    public Task Free() => throw new NotSupportedException();

    public Task Observe(int kind, string request) => throw new NotSupportedException();

    public Task Weights(byte[] answer) => throw new NotSupportedException();

    public Task<UnbondReply> Unbond(byte[] signature) => Task.FromResult(new UnbondReply(PayoutStatus.Ok, "Leaving.", DateTimeOffset.UnixEpoch));

    public Task<bool> TryExit() => throw new NotSupportedException();
}

/// <summary>Knows one model, and a token for each character.</summary>
internal sealed class FakeTokenizer(string key) : ITokenizerGrain
{
    public Task<int> ToolCalls() => Task.FromResult((int)(key == "tokenizer:atoma-demo" ? ToolCallFormat.Tagged : ToolCallFormat.None));

    public Task<TokenizeReply> Tokenize(TokenizeCall call) => Task.FromResult(
        key != "tokenizer:atoma-demo" ? new TokenizeReply(SubmitStatus.UnknownModel, "no", [])
        : call.Prompt == "refuse" ? new TokenizeReply(SubmitStatus.BadPrompt, "It is refused.", [])
        : call.Tools.Count > 1 ? new TokenizeReply(SubmitStatus.ToolsUnavailable, "No tools.", [])
        : new TokenizeReply(SubmitStatus.Accepted, "", [.. (call.Prompt ?? string.Concat(call.Messages.Select(m => m.Content))).Select(c => (int)c), .. call.Tools.Select(_ => -1)]));
}

internal sealed class FakeModel(string key) : IModelGrain
{
    public static readonly ModelManifest Manifest = new(
        "atoma-demo", Hash32.Sha256("gguf"u8), "llama", "Q8_0", 512, 4096, Hash32.Sha256("tokenizer"u8), [2])
    {
        EmbeddingLength = 2,
    };

    public Task<ModelMarket?> Market()
    {
        var writer = new CanonicalWriter();
        Manifest.Write(writer);
        return Task.FromResult(key == "model:atoma-demo"
            ? new ModelMarket(writer.ToArray(), 500, [new NodeOffer("n1", "e1", 100, 300, true, new NodeTerms(1_000_000, false)), new NodeOffer("n2", "e1", 120, 280, true, new NodeTerms(1_000_000, false))], DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000))
            : null);
    }

    public Task<OfferReply> Offer(string node, byte[] subscription, NodeTerms terms) => throw new NotSupportedException();

    public Task Withdraw(string node) => throw new NotSupportedException();
}
