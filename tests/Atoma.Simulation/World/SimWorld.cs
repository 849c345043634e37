using Atoma.Ethereum;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Simulation.Checks;
using Atoma.Simulation.Core;
using Atoma.Simulation.Model;
using Atoma.Simulation.Nodes;

namespace Atoma.Simulation.World;

/// <summary>How a world is run, beside what is in it.</summary>
/// <param name="RealSignatures">secp256k1 instead of <see cref="FastSignatures"/>.</param>
/// <param name="Bug">Makes the rules; null for the protocol as it is.</param>
/// <param name="Log">Where events are printed; null for nowhere.</param>
internal sealed record RunOptions(bool RealSignatures = false, Func<RequestOptions, ISignatureScheme, Rules>? Bug = null, Action<string>? Log = null);

/// <summary>One seed: a network, its faults, its requests, from start until nothing is left to happen. Single-threaded, in virtual time.</summary>
internal sealed class SimWorld
{
    /// <summary>Nothing of a seed lasts longer: deadlines are minutes, appeal windows a quarter of an hour.</summary>
    private const long EndMs = 4 * 3_600_000;

    /// <summary>A seed has a few hundred events, a large one a few thousand: beyond this it goes round in circles.</summary>
    private const long EventsMax = 200_000;

    private static readonly Hash32[] Echelons = [.. Enumerable.Range(0, 4).Select(i => Hash32.Sha256([(byte)i, 0xEC]))];

    /// <summary>Beacon chains shared by all seeds: each seed starts at a step of its own.</summary>
    private static readonly Hash32[][] Chains =
        [.. Enumerable.Range(0, 3).Select(i => BeaconChain.Expand(Hash32.Sha256([(byte)i, 0xBC])))];

    private readonly RunOptions _run;
    private readonly Dictionary<NodeId, SimNode> _byId = [];
    private readonly List<LedgerCommand> _committed = [];

    public SimWorld(Scenario scenario, ulong seed, RunOptions? run = null)
    {
        _run = run ?? new RunOptions();
        Scenario = scenario;
        Random = new Prng(Prng.Mix(seed ^ StableHash(scenario.Name)));
        UsesBytes = Random.Chance(0.125);
        Signatures = _run.RealSignatures ? new EthereumSignatures() : new FastSignatures();
        Key = Signer(Random.Hash());
        var options = new RequestOptions { CommitTimeoutMs = Random.Pick<int>([5_000, 60_000]), DeadlineMs = Random.Pick<int>([30_000, 300_000]) };
        Terms = new PriceTerms(CheckPermille: 100, FeePermille: 25, scenario.AuditPpm ?? Random.Pick<int>([100_000, 500_000]), scenario.AuditCheckers ?? Random.Pick<int>([1, 1, 3]));
        Rules = _run.Bug?.Invoke(options, Signatures) ?? new Rules(options, Signatures);
        Disk = new Disk(Chains) { Step = scenario.EndsChain ? BeaconChain.Length - Random.Below(12) : Random.Below(8) };
        Network = new Network(this);
        Requester = new Requester(this);
        Auditor = new Auditor(this);
        var gang = new Gang();
        Nodes = [.. MakeNodes(gang)];
        Bond();
    }

    public Scenario Scenario { get; }

    /// <summary>v = 0.1, a fee of 2.5 %, and audits more often than in production, so that a seed sees some.</summary>
    public PriceTerms Terms { get; }

    public Operator Operator => new(this);

    public Prng Random { get; }

    public Timeline Time { get; } = new();

    public Disk Disk { get; }

    public Rules Rules { get; }

    public Auditor Auditor { get; }

    public Network Network { get; }

    public Requester Requester { get; }

    public Answers Answers { get; } = new();

    public ISignatureScheme Signatures { get; }

    /// <summary>The coordinator's key; it survives crashes.</summary>
    public ISigner Key { get; }

    public IReadOnlyList<SimNode> Nodes { get; }

    /// <summary>Null while it is down.</summary>
    public Coordinator? Coordinator { get; private set; }

    public int Lives { get; private set; }

    public DateTimeOffset UpSince { get; private set; }

    /// <summary>Messages travel as signed bytes, as they do in production; in the other seeds as objects, for speed.</summary>
    public bool UsesBytes { get; }

    /// <summary>A settlement on its way to the store: a crash may lose it or deliver it late.</summary>
    public LedgerCommand? UnderWay { get; set; }

    public long Events { get; private set; }

    public static Hash32 Echelon(int hardware) => Echelons[hardware];

    public static Brain BrainOf(Hash32 echelon) => echelon == Echelons[0] ? Brain.Right : Brain.OtherHardware;

    public SimNode Node(NodeId id) => _byId[id];

    public void Trace(Func<string> what) => _run.Log?.Invoke($"{Time.ElapsedMs,9} {what()}");

    /// <summary>A copy to walk while it changes, in the order of insertion.</summary>
    public IReadOnlyList<T> InOrder<T>(Dictionary<Hash32, T> items) => [.. items.OrderBy(i => i.Key).Select(i => i.Value)];

    private ISigner Signer(Hash32 seed) => _run.RealSignatures ? NodeKey.FromBytes(Hash32.Sha256(seed.ToArray()).ToArray()) : FastSignatures.Signer(seed);

    private static ulong StableHash(string text) => text.Aggregate(17UL, static (hash, c) => Prng.Mix(hash ^ c));

    private IEnumerable<SimNode> MakeNodes(Gang gang)
    {
        var count = Random.Between(Scenario.NodesMin, Scenario.NodesMax);
        var share = Scenario.AdversaryShare ?? Random.Unit() * Scenario.AdversaryShareMax;
        var adversaries = Scenario.Adversary is null ? 0 : (int)Math.Round(share * count, MidpointRounding.AwayFromZero);
        adversaries = Math.Min(adversaries, (int)(Math.Max(Scenario.AdversaryShareMax, share) * count));
        for (var i = 0; i < count + Scenario.Sybils; i++)
        {
            var isAdversary = i < adversaries || i >= count;
            var hardware = Random.Chance(Scenario.OtherHardware) ? 1 : 0;
            var conduct = isAdversary && Scenario.Adversary is not null ? Scenario.Adversary(Random, gang) : new Conduct();
            var node = new SimNode(this, i, Signer(Random.Hash()), BrainOf(Echelons[hardware]), hardware, conduct)
            {
                InputPrice = new Micros(90_000 + Random.Below(3) * 10_000),
                OutputPrice = new Micros(300_000 + Random.Below(3) * 10_000),
                MsPerToken = Random.Between(5, 60),
            };
            if (isAdversary)
                gang.Join(node.Id);
            _byId[node.Id] = node;
            yield return node;
        }
    }

    /// <summary>Deposits and collateral, from outside; those of the sybils are below the minimum.</summary>
    private void Bond()
    {
        var count = Nodes.Count - Scenario.Sybils;
        var operations = new List<LedgerOperation>();
        foreach (var node in Nodes)
        {
            var amount = node.Number < count ? Rules.CollateralMin * Random.Between(1, 4) : new Micros(1 + Random.Below(9_999_999));
            operations.Add(new LedgerOperation.Transfer(Random.Hash(), LedgerAccount.External, node.Collateral, amount, TransferCode.Bond));
        }

        // One request costs at most about 0.1; a double spender has enough for one.
        for (var account = 0; account < 3; account++)
        {
            var amount = new Micros(Scenario.DoubleSpends ? Random.Between(3_000, 60_000) : 10_000_000);
            operations.Add(new LedgerOperation.Transfer(Random.Hash(), LedgerAccount.External, LedgerAccount.User($"account{account}"), amount, TransferCode.Deposit));
        }

        foreach (var part in operations.Chunk(LedgerCommand.OperationsMax))
            CommitToBooks(new LedgerCommand(part));
    }

    public LedgerResult CommitToBooks(LedgerCommand command)
    {
        var result = Disk.Ledger.Commit(command, Time.Now);
        if (result.Status == LedgerStatus.Ok && Scenario.Replays)
            _committed.Add(command);
        Auditor.Committed(command, result);
        return result;
    }

    /// <summary>Plays the seed to its end.</summary>
    /// <exception cref="Violation">An invariant is broken.</exception>
    public void Run()
    {
        StartCoordinator();
        foreach (var node in Nodes)
            Network.Connect(node);
        Requester.Plan(Random.Between(Scenario.RequestsMin, Scenario.RequestsMax));
        while (Time.Next(EndMs) is { } what)
        {
            if (++Events > EventsMax)
                throw new Violation(Runner.Livelock, $"{EventsMax} events and no end");
            try
            {
                what();
            }
            catch (CoordinatorCrashException e)
            {
                Crash(e.Message);
            }

            Auditor.AfterEvent();
            if (Scenario.Faults.NodeCrash > 0 && Random.Chance(Scenario.Faults.NodeCrash))
                CrashNode(Random.Pick(Nodes));
            if (Scenario.Replays && _committed.Count > 0 && Random.Chance(0.02))
                Replay();
            if (Scenario.Meddles && Random.Chance(0.05))
                Meddler.Speak(this);
        }

        Auditor.AtEnd();
    }

    private void CrashNode(SimNode node)
    {
        if (!node.IsUp)
            return;
        Trace(() => $"fault: {node} crashes");
        node.Crash(Random.Between(500, 20_000));
    }

    private void StartCoordinator()
    {
        Coordinator = new Coordinator(this, ++Lives);
        UpSince = Time.Now;
        Trace(() => $"coordinator starts, life {Lives}");
        try
        {
            Coordinator.Start();
        }
        catch (CoordinatorCrashException e)
        {
            Crash(e.Message);
        }
    }

    private void Crash(string where)
    {
        Trace(() => $"fault: coordinator crashes {where}");
        Coordinator = null;
        Network.CutAll();
        if (UnderWay is { } late && Random.Chance(Scenario.Faults.LateCommit))
            Time.After(Random.Below(8_000), () => CommitToBooks(late));
        UnderWay = null;
        Time.After(Random.Between(200, 15_000), StartCoordinator);
    }

    /// <summary>Sends an old command to the books again: nothing may come of it.</summary>
    private void Replay()
    {
        var entries = Disk.Ledger.Entries.Count;
        var result = CommitToBooks(Random.Pick(_committed));
        if (Disk.Ledger.Entries.Count != entries || result.Status == LedgerStatus.Ok)
            throw new Violation("replay", $"a command that was done before moved money again ({result.Status})");
    }

    /// <summary>Whether the adversary's network swallows a message.</summary>
    public bool Interferes(SimNode node, CoordinatorMessage message)
    {
        if (!Scenario.Censors || !node.Conduct.IsHonest || message is not (CoordinatorMessage.Check or CoordinatorMessage.AskVote))
            return false;
        node.IsTouched = true;
        return Random.Chance(0.5);
    }
}
