using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Outbox;
using Atoma.Ethereum.Watching;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;
using Atoma.Storage.Sqlite;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>
/// P10.3 on a real chain: an outbox pays batches into a contract without any guard, a watcher books what the contract says, and
/// everything that can go wrong does. The choices come from the seed; block hashes do not, since the chain's clock is real.
/// </summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ChaosOptions _options;
    private readonly LocalChain _chain;
    private readonly ChaosTally _tally;
    private readonly Random _random;
    private readonly CrashPoints _points;
    private readonly SteppedTime _time = new();
    private readonly NodeKey _sender;
    private readonly NoGuardContract _contract;
    private readonly ChaosWorld _world;
    private readonly ChaosLedger _ledger;
    private readonly FaultyHandler _network;
    private readonly LyingHandler? _liar;
    private readonly List<JsonRpcEndpoint> _endpoints = [];
    private readonly IChainClient _client;
    private readonly MemoryStore _memory = new();
    private readonly long _startBlock;
    private SqliteLedgerStore? _sqlite;
    private TransactionOutbox _outbox = null!;
    private ChainWatcher _watcher = null!;
    private int _planned;
    private bool _isUpToDate;

    private ChaosRun(ChaosOptions options, LocalChain chain, NodeKey sender, NoGuardContract contract, long startBlock, ChaosTally tally)
    {
        (_options, _chain, _sender, _contract, _startBlock, _tally) = (options, chain, sender, contract, startBlock, tally);
        _random = new Random(options.Seed);
        _points = new CrashPoints(new Random(options.Seed + 1), tally);
        _network = new FaultyHandler(new Random(options.Seed + 2), tally);
        _liar = options.TwoEndpoints ? new LyingHandler(new Random(options.Seed + 3), tally) : null;
        _client = _liar is null ? Client(_network) : new AgreeingChainClient([new("first", Client(_network)), new("second", Client(_liar))], TimeProvider.System, TimeSpan.Zero);
        _world = new ChaosWorld(chain, contract, sender, _random, tally, _time);
        _ledger = new ChaosLedger(_points);
        Start();
    }

    private IOutboxStore Store => (IOutboxStore?)_sqlite ?? _memory;

    /// <summary>
    /// Runs one seed on a chain of its own and adds what came of it to the tally. (anvil 1.7.1 loses contracts' code when it
    /// reorganises a chain of some 1,400 blocks: two seeds.)
    /// </summary>
    public static async Task RunAsync(ChaosOptions options, ChaosTally tally)
    {
        await using var chain = await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find() }, TimeProvider.System, None);
        await chain.DoAsync(new JsonRpcCall("evm_setAutomine", false), None);
        using var sender = NodeKey.FromBytes(Hash32.Sha256([.. BitConverter.GetBytes(options.Seed), .. "chaos"u8]).ToArray());
        await chain.DoAsync(new JsonRpcCall("anvil_setBalance", sender.Id.ToString(), "0x56bc75e2d63100000"), None);
        var contract = await NoGuardContract.DeployAsync(chain);
        var head = await chain.CreateClient(NoGuardContract.Errors).HeadAsync(None);
        await chain.MineAsync(ChaosOptions.Confirmations + 1, None);
        await using var run = new ChaosRun(options, chain, sender, contract, head.Number, tally);
        await run.PlayAsync();
        await run.JudgeAsync();
        tally.Seeds++;
    }

    public async ValueTask DisposeAsync()
    {
        _outbox.Dispose();
        _sqlite?.Dispose();
        foreach (var endpoint in _endpoints)
            endpoint.Dispose();
        await Task.CompletedTask;
    }

    private static Hash32 Batch(int seed, int number) => Hash32.Sha256([.. BitConverter.GetBytes(seed), .. BitConverter.GetBytes(number)]);

    private async Task PlayAsync()
    {
        _points.IsOn = _network.IsOn = true;
        for (var step = 0; step < _options.FaultStepsMax && !await IsDoneAsync(); step++)
        {
            await StepAsync();
            await _world.HappenAsync(Store);
            await _network.DeliverAsync();
            if (_liar is not null)
                await ChangeHonestyAsync();
        }

        _points.IsOn = _network.IsOn = false;
        if (_liar is not null)
            _liar.Honesty = Honesty.Honest;
        await _world.CalmAsync();
        await _network.DeliverAsync();
        for (var step = 0; step < _options.QuietStepsMax && !(await IsDoneAsync() && _isUpToDate); step++)
        {
            await StepAsync();
            await _world.MineAsync(1);
        }

        // What was called final must stay so: nothing else happens to the chain, and the watcher sees all of it.
        await _world.MineAsync(ChaosOptions.Confirmations + 1);
        // Steps, since two endpoints may want to be asked again before they agree.
        _isUpToDate = false;
        for (var step = 0; step < _options.QuietStepsMax && !_isUpToDate; step++)
            await StepAsync();
        AddUp();
    }

    private async Task<bool> IsDoneAsync() =>
        _planned == _options.Batches && (await Store.OpenTransactionsAsync(_sender.Id, 1, None)).Count == 0;

    private async Task StepAsync()
    {
        _tally.Steps++;
        _time.Advance(TimeSpan.FromSeconds(1));
        await SurviveAsync(async () =>
        {
            await PlanAsync();
            await _outbox.StepAsync(None);
        });
        await SurviveAsync(async () => _isUpToDate = (await _watcher.StepAsync(None)).Outcome == WatchOutcome.UpToDate);
    }

    /// <summary>Plans some more, and something again that was planned before.</summary>
    private async Task PlanAsync()
    {
        for (var more = _random.Next(3); more > 0 && _planned < _options.Batches; more--)
        {
            Assert.NotEqual(OutboxAddStatus.KeyReused, await PlanAsync(_planned));
            _planned++;
        }

        if (_planned > 0)
            Assert.Equal(OutboxAddStatus.AlreadyThere, await PlanAsync(_random.Next(_planned)));
    }

    private Task<OutboxAddStatus> PlanAsync(int number) =>
        _outbox.PlanAsync($"batch/{number}", _contract.Address, NoGuardContract.SettleData(Batch(_options.Seed, number), number + 1), 200_000, None);

    private async Task SurviveAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (CrashException)
        {
            AddUp();
            Start();
        }
        catch (ChainUnavailableException)
        {
            _tally.Unavailable++;
        }
        catch (ChainDisagreementException)
        {
            _tally.Disagreements++;
        }
        catch (FinalBlockGoneException)
        {
            _tally.Alarms++;
        }
        catch (OutboxConflictException) when (_options.Mutant == ChaosMutant.SendBeforeSave)
        {
            // It lost what it had not saved.
        }
    }

    /// <summary>A new process on what the old one left.</summary>
    private void Start()
    {
        if (_options.SqlitePath is { } path)
        {
            _sqlite?.Dispose();
            _sqlite = SqliteLedgerStore.Open(path, _time);
        }

        var store = new CrashingStore(Store, (ICursorStore?)_sqlite ?? _memory, _points);
        IOutboxStore outbox = store;
        IChainClient client = new CrashingChain(_client, _points);
        if (_options.Mutant == ChaosMutant.SendBeforeSave)
        {
            var late = new LateStore(store);
            (outbox, client) = (late, new LateChain(client, late));
        }

        var finality = new FinalityRule(ChaosMutants.Confirmations(_options.Mutant));
        var options = new OutboxOptions { Finality = finality, BumpAfterBlocks = 3, BumpAfter = TimeSpan.FromSeconds(20), RetriesMax = 100 };
        _outbox?.Dispose();
        _outbox = new TransactionOutbox(
            outbox, client, 31_337, _sender, new NoGuardEffects(), options, _time,
            (row, view, now, rules) => ChaosMutants.Decide(_options.Mutant, row, view, now, rules));
        _watcher = new ChainWatcher(client, store, _ledger, new ChainWatcherOptions("chaos", [_contract.Address], _startBlock, finality, BlocksMax: 7));
    }

    private JsonRpcChainClient Client(HttpMessageHandler handler)
    {
        _endpoints.Add(new JsonRpcEndpoint(new JsonRpcOptions { Endpoint = _chain.Endpoint, AttemptsMax = 1 }, TimeProvider.System, handler));
        return new JsonRpcChainClient(_endpoints[^1], NoGuardContract.Errors);
    }

    private async Task ChangeHonestyAsync()
    {
        if (_random.Next(4) != 0)
            return;
        _liar!.Honesty = _random.Next(6) switch { 0 => Honesty.Lying, 1 => Honesty.Lagging, 2 => Honesty.PartlyLagging, _ => Honesty.Honest };
        _liar.LieRarity = _random.Next(1, 5);
        var head = await _chain.CreateClient(NoGuardContract.Errors).HeadAsync(None);
        _liar.KnownHead = head.Number - _random.Next(1, 20);
    }

    private void AddUp()
    {
        _tally.Bumps += _outbox.Tally.Bumps;
        _tally.Rebroadcasts += _outbox.Tally.Rebroadcasts;
        _tally.Unmined += _outbox.Tally.Unmined;
        _tally.Retries += _outbox.Tally.Retries;
        _tally.ForeignSeen += _outbox.Tally.ForeignNonces;
    }

    /// <summary>Compares rows, contract and books.</summary>
    private async Task JudgeAsync()
    {
        var client = _chain.CreateClient(NoGuardContract.Errors);
        Assert.NotEmpty(await client.CodeAsync(_contract.Address, None));
        var head = await client.HeadAsync(None);
        var events = new List<ChainLog>();
        for (var from = _startBlock; from <= head.Number; from += ChainLimits.LogBlocksMax)
            events.AddRange(await client.LogsAsync(new ChainLogFilter(from, Math.Min(head.Number, from + ChainLimits.LogBlocksMax - 1), [_contract.Address]), None));
        var onChain = events.Select(log => (log.BlockHash, log.Index)).ToHashSet();
        _tally.Misbooked += onChain.Except(_ledger.Booked.Keys).Count() + _ledger.Booked.Keys.Except(onChain).Count();
        for (var number = 0; number < _options.Batches; number++)
        {
            var row = await Store.FindTransactionAsync($"batch/{number}", None);
            var times = await _contract.TimesAsync(Batch(_options.Seed, number));
            if (times > 1)
                _tally.Double++;
            else if (row?.State != OutboxState.Final)
                _tally.Stuck++;
            else if (times == 0)
                _tally.Missing++;
            else if (_ledger.Booked.Values.Count(id => id == Batch(_options.Seed, number)) == 1)
                _tally.Exact++;
        }
    }

    /// <summary>There is no guard to ask: whatever is sent twice has its effect twice.</summary>
    private sealed class NoGuardEffects : ITransactionEffects
    {
        public Task<bool> IsPresentAsync(OutboxRow row, long? atBlock, CancellationToken cancellationToken) => Task.FromResult(false);

        public RevertVerdict Judge(OutboxRow row, ReadOnlySpan<byte> revertData) =>
            new(MayRetry: true, NoGuardContract.IsClosed(revertData) ? "the contract is closed" : $"reverted with {Convert.ToHexString(revertData)}");
    }
}
