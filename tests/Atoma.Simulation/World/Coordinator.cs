using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Simulation.Checks;
using Atoma.Simulation.Nodes;

namespace Atoma.Simulation.World;

/// <summary>The coordinator stops here and now; what it had in memory is gone.</summary>
internal sealed class CoordinatorCrashException : Exception
{
    public CoordinatorCrashException()
    {
    }

    public CoordinatorCrashException(string message)
        : base(message)
    {
    }

    public CoordinatorCrashException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The store cannot be reached for a moment; nothing was written.</summary>
internal sealed class StoreDownException : Exception
{
    public StoreDownException()
    {
    }

    public StoreDownException(string message)
        : base(message)
    {
    }

    public StoreDownException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>One request in memory, as a request grain's activation has it.</summary>
internal sealed class Activation(RequestState state, Micros dearest)
{
    public RequestState State { get; set; } = state;

    /// <summary>Nobody dearer than what was quoted is drawn.</summary>
    public Micros Dearest => dearest;

    public Queue<RequestEvent> Happened { get; } = new();

    public bool IsRunning { get; set; }

    public bool IsSettled { get; set; }

    public int Alarm { get; set; }

    /// <summary>Nodes that owe it something: they tell when they are lost.</summary>
    public List<SimNode> Engaged { get; } = [];
}

/// <summary>
/// One life of the coordinator, from start to crash: what grains and sweeper do around the machines, in one thread. This file has
/// requests and their effects; Settling has the books, the sweeper and recovery.
/// </summary>
internal sealed partial class Coordinator(SimWorld world, int life)
{
    /// <summary>Steps that one event may lead to: each participant can be lost once, and drawn once.</summary>
    private const int StepsMax = 1_000;

    private readonly SortedDictionary<NodeId, SimNode> _connected = [];
    private readonly Dictionary<Hash32, Activation> _activations = [];
    private readonly Rules _rules = world.Rules;
    private readonly Disk _disk = world.Disk;

    public int Life => life;

    private DateTimeOffset Now => world.Time.Now;

    /// <summary>A moment at which the process may die.</summary>
    private void CrashPoint(string where)
    {
        if (world.Scenario.Faults.CoordinatorCrash > 0 && world.Random.Chance(world.Scenario.Faults.CoordinatorCrash))
            throw new CoordinatorCrashException(where);
    }

    /// <summary>P2.2: neither a new node below the minimum gets in nor one that has fallen there.</summary>
    public bool Connected(SimNode node)
    {
        if (!_disk.States.TryGetValue(node.Id, out var state))
            state = NodeState.Registered;
        var suffices = _disk.Ledger.Balance(node.Collateral) >= Rules.CollateralMin;
        if (state == NodeState.Jailed && IsCleared(node.Id))
            state = Free(node.Id);
        if (state == NodeState.Registered && NodeMachine.Move(state, NodeState.Active, suffices || _rules.IsEligible(OfferOf(node, NodeState.Active))) == NodeMoveStatus.Ok)
            state = NodeState.Active;
        _disk.States[node.Id] = state;
        if (state != NodeState.Active && state != NodeState.Jailed)
            return false;
        _connected[node.Id] = node;
        return true;
    }

    public void Lost(SimNode node)
    {
        _connected.Remove(node.Id);
        foreach (var activation in world.InOrder(_activations))
        {
            if (activation.Engaged.Remove(node))
                Happen(activation, new RequestEvent.NodeLost(node.Id));
        }
    }

    private bool IsCleared(NodeId node) => _rules.IsCleared(_disk.CasesOf(node), _disk.JailedUntil.TryGetValue(node, out var until) ? until : null, Now);

    private NodeState Free(NodeId node)
    {
        _disk.JailedUntil.Remove(node);
        if (NodeMachine.Move(_disk.States[node], NodeState.Active, collateralSuffices: true) == NodeMoveStatus.Ok)
            _disk.States[node] = NodeState.Active;
        world.Auditor.Freed(node);
        return _disk.States[node];
    }

    private Offer OfferOf(SimNode node, NodeState state) =>
        new(new EligibleNode(node.Id, SimWorld.Echelon(node.Hardware), node.InputPrice, node.OutputPrice), state, _disk.Ledger.Balance(node.Collateral));

    /// <summary>Everybody who may be drawn now.</summary>
    private IEnumerable<EligibleNode> Market() =>
        _connected.Values.Select(n => OfferOf(n, _disk.States[n.Id])).Where(_rules.IsEligible).Select(o => o.Node);

    /// <summary>P5.1. True when the request stands, now or from an earlier call; false when it was refused.</summary>
    public bool Submit(Order order)
    {
        if (_activations.ContainsKey(order.Id) || _disk.Find(order.Id) is not null)
            return true;
        var eligible = _rules.OneEchelon(Market(), null);
        if (eligible.Count < EligibleSet.Needed(order.Level, world.Terms.AuditCheckers))
            return false;
        var hold = _rules.Hold(world.Terms, order.Level, eligible, order.Prompt.Count, order.Parameters.MaxTokens);
        var spec = new RequestSpec(
            order.Id, order.Account, order.Key, Model.Brain.Manifest, order.Prompt, order.Parameters, order.Level, order.Nonce, order.Streaming,
            world.Terms, hold, Now, Now.AddMilliseconds(_rules.Options.DeadlineMs));
        CrashPoint("before accepting");
        var status = Commit(_rules.Accept(spec, null)).Status;
        CrashPoint("after accepting");
        if (status != LedgerStatus.Ok)
        {
            world.Auditor.Refused(order, hold, status);
            return false;
        }

        var dearest = eligible.Select(n => PriceTerms.Answer(n, PriceTerms.InputTokens(order.Parameters, order.Prompt.Count), order.Parameters.MaxTokens)).Aggregate(Micros.Zero, Micros.Max);
        var activation = _activations[order.Id] = new Activation(RequestMachine.Open(spec), dearest);
        world.Auditor.Accepted(spec, this);
        Happen(activation, new RequestEvent.Started());
        return true;
    }

    public void Cancel(Hash32 request)
    {
        if (_activations.TryGetValue(request, out var activation))
            Happen(activation, new RequestEvent.CancelRequested());
    }

    public void Receive(SimNode node, NodeMessage message)
    {
        if (message.RequestId is not { } request)
            return;
        world.Auditor.Heard(node, message);
        if (Activate(request) is { } activation)
            Happen(activation, new RequestEvent.Received(node.Id, message));
    }

    /// <summary>Runs the machine until it has nothing more to do.</summary>
    private void Happen(Activation activation, RequestEvent happened)
    {
        activation.Happened.Enqueue(happened);
        if (activation.IsRunning)
            return;
        activation.IsRunning = true;
        var steps = 0;
        while (activation.Happened.TryDequeue(out var next))
        {
            if (++steps > StepsMax)
                throw new Violation(Core.Runner.Livelock, $"{Short(activation.State.Spec.Id)} takes {StepsMax} steps at one moment");
            var before = activation.State;
            var step = _rules.Step(before, next, Now);
            activation.State = step.State;
            world.Trace(() => $"{Short(before.Spec.Id)} {next.GetType().Name} {before.Phase} → {step.State.Phase}{(step.State.Refund == RefundReason.None ? "" : $"/{step.State.Refund}")}");
            world.Auditor.Stepped(before, next, step, this);
            foreach (var effect in step.Effects)
            {
                CrashPoint("before an effect");
                Do(activation, effect);
            }
        }

        activation.IsRunning = false;
        if (activation.State.IsTerminal && !activation.IsSettled)
            Settle(activation);
        else if (!activation.State.IsTerminal)
            Arm(activation, _rules.NextDue(activation.State));
    }

    private void Do(Activation activation, RequestEffect effect)
    {
        switch (effect)
        {
            case RequestEffect.DrawNodes e:
                activation.Happened.Enqueue(new RequestEvent.Drawn(e.Purpose, Draw(activation, e)));
                break;
            case RequestEffect.Send e:
                Send(activation, world.Node(e.Node), e.Message);
                break;
            case RequestEffect.Publish e:
                world.Auditor.Published(activation.State.Spec, e.Tokens);
                world.Requester.Reads(activation.State.Spec.Id, e.Tokens);
                break;
            case RequestEffect.DrawAudit:
                world.Auditor.DrawsAudit(activation.State);
                activation.Happened.Enqueue(new RequestEvent.AuditDrawn(NextSteps(1)[0]));
                break;
            case RequestEffect.Deliver:
                break;
            case RequestEffect.Jail e:
                _disk.States[e.Node] = _rules.Jail(_disk.States[e.Node]);
                _disk.JailedUntil.Remove(e.Node);
                world.Auditor.Jailed(e.Node);
                break;
            case RequestEffect.Finish:
                break;
        }
    }

    private List<DrawProof> Draw(Activation activation, RequestEffect.DrawNodes wanted)
    {
        var spec = activation.State.Spec;
        var isUnchecked = IsUnchecked(spec) && wanted.Purpose == DrawPurpose.Primary;
        var offers = Market().Where(n => spec.Review is not null || Price(spec, n) <= activation.Dearest)
            .Where(n => !isUnchecked || Price(spec, n) <= Exposure.Cap(_disk.Ledger.Balance(world.Node(n.Node).Collateral), Rules.ExposureRatio));
        var eligible = _rules.OneEchelon(offers, activation.State.Echelon);
        var first = NextSteps(wanted.Count);
        CrashPoint("after revealing beacon steps");
        var taken = _rules.Excluded(activation.State);
        var ordinal = activation.State.Participants.Count;
        var draws = new List<DrawProof>();
        for (var i = 0; i < wanted.Count; i++)
        {
            if (_rules.Draw(wanted.Purpose, ordinal + draws.Count, first[i], spec, eligible, taken) is not { } draw)
                break;
            world.Trace(() => $"{Short(spec.Id)} draws {world.Node(draw.Chosen.Node)} ({world.Node(draw.Chosen.Node).Conduct.Name}) as {wanted.Purpose}");
            world.Auditor.Drew(activation.State, draw, draws, eligible, this);
            draws.Add(draw);
            taken.Add(draw.Chosen.Node);
        }

        world.Auditor.DrewAll(activation.State, draws.Count, wanted.Count, eligible, taken);
        return draws;
    }

    /// <summary>P3.2: used before they are shown; after a crash here the steps are skipped, never repeated.</summary>
    private BeaconReveal[] NextSteps(int count)
    {
        var (chain, step) = (_disk.Chain, _disk.Step);
        if (step + count > BeaconChain.Length)
            (chain, step) = (chain + 1, 0);
        if (_rules.MarksBeaconFirst)
            (_disk.Chain, _disk.Step) = (chain, step + count);
        BeaconReveal[] reveals = [.. Enumerable.Range(step + 1, count).Select(s => _disk.Reveal(chain, s))];
        foreach (var reveal in reveals)
            world.Auditor.Revealed(reveal);
        CrashPoint("between revealing and marking");
        (_disk.Chain, _disk.Step) = (chain, step + count);
        return reveals;
    }

    private void Send(Activation activation, SimNode node, CoordinatorMessage message)
    {
        var asksSomething = message is not (CoordinatorMessage.Closed or CoordinatorMessage.Cancel);
        if (message is CoordinatorMessage.Closed)
            activation.Engaged.Remove(node);
        else if (asksSomething)
            world.Auditor.Asked(activation.State, node, message);
        var reached = _connected.ContainsKey(node.Id);
        if (reached && message is CoordinatorMessage.Work && IsUnchecked(activation.State.Spec) && !Covers(activation, node))
        {
            // No fault of the node's: another is drawn.
            activation.Happened.Enqueue(new RequestEvent.Received(node.Id, new NodeMessage.Refuse(activation.State.Spec.Id, "its collateral covers no more")));
            return;
        }

        if (reached && asksSomething && !activation.Engaged.Contains(node))
            activation.Engaged.Add(node);
        reached = reached && world.Network.ToNode(node, message);
        if (reached || !asksSomething)
            return;
        node.IsTouched = true;
        activation.Happened.Enqueue(new RequestEvent.NodeLost(node.Id));
    }

    /// <summary>Levels at which a node could be paid for an answer that nobody looks at.</summary>
    private static bool IsUnchecked(RequestSpec spec) => spec.Review is null && spec.Integrity.Kind is IntegrityKind.None or IntegrityKind.Sampled;

    private static Micros Price(RequestSpec spec, EligibleNode node) => PriceTerms.Answer(node, spec.InputTokens, spec.Parameters.MaxTokens);

    /// <summary>P6.3. Counts what the node has outstanding in this life: what an earlier one asked for was refunded.</summary>
    private bool Covers(Activation asked, SimNode node)
    {
        var outstanding = Micros.Zero;
        foreach (var other in _activations.Values)
        {
            if (other != asked && other.Engaged.Contains(node) && IsUnchecked(other.State.Spec) && Of(other) is { } work)
                outstanding += Price(other.State.Spec, work);
        }

        var value = Price(asked.State.Spec, Of(asked)!);
        var covers = _rules.Covers(outstanding, value, _disk.Ledger.Balance(node.Collateral));
        if (covers)
            world.Auditor.Exposed(node, outstanding + value);
        return covers;

        EligibleNode? Of(Activation a) => a.State.Participants.Find(p => p.Node == node.Id && p.Generates)?.Draw.Chosen;
    }

    private void Arm(Activation activation, DateTimeOffset due)
    {
        var alarm = ++activation.Alarm;
        world.Time.At(due, () =>
        {
            if (world.Coordinator == this && activation.Alarm == alarm && !activation.IsSettled)
                Happen(activation, new RequestEvent.Ticked());
        });
    }

    public static string Short(Hash32 id) => id.ToString()[..6];
}
