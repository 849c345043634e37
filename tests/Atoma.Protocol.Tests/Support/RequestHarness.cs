using Atoma.Ethereum;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Support;

/// <summary>
/// Plays a request as the grain does: effects are carried out in order as they come, a draw is made at once from what the
/// state then says, and its result queues behind what already happened. Time is fake; the order of messages can be shuffled.
/// </summary>
internal sealed class RequestHarness
{
    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    public static readonly EthereumSignatures Signatures = new();
    public static readonly NodeKey Coordinator = NodeKey.FromBytes(Hash32.Sha256("coordinator"u8).ToArray());

    private static readonly Hash32[] Chain = BeaconChain.Expand(Hash32.Sha256("harness beacon"u8));
    private static readonly Hash32 Echelon = Hash32.Sha256("harness echelon"u8);
    private static readonly PriceTerms Terms = new(CheckPermille: 50, FeePermille: 20, AuditPpm: 500_000);

    private readonly RequestMachine _machine;
    private readonly Queue<RequestEvent> _happened = [];
    private readonly List<(FakeNode Node, NodeMessage Message)> _mail = [];
    private readonly Random? _order;
    private int _step;

    public RequestHarness(
        string integrity, int nodes = 8, bool streaming = false, int maxTokens = 12, double temperature = 1, RequestOptions? options = null,
        Random? order = null, ulong seed = 5, int promptTokens = 6, int[]? inputs = null, int auditPpm = 500_000, int? scored = null)
    {
        Options = options ?? new RequestOptions();
        _machine = new RequestMachine(Options, Signatures);
        _order = order;
        Nodes = [.. Enumerable.Range(1, nodes).Select(i => new FakeNode(i))];
        Assert.True(IntegrityLevel.TryParse(integrity, out var level));
        var eligible = Eligible();
        var parameters = new SamplingParameters { Temperature = temperature, MaxTokens = maxTokens, Seed = seed, IgnoreEndOfSequence = true };
        if (inputs is not null)
            (parameters, promptTokens, maxTokens) = (new SamplingParameters { MaxTokens = 0, InputLengths = inputs }, inputs.Sum(), 0);
        if (scored is { } likeliest)
            parameters = parameters with { ScorePrompt = true, TopLogprobs = likeliest };
        int[] prompt = [.. Enumerable.Range(0, promptTokens).Select(i => 2 + i * 37 % 190)];
        var nonce = Hash32.Sha256("requester nonce"u8);
        Spec = new RequestSpec(
            RequestSpec.IdOf("alice", nonce), "alice", "", FakeModel.Manifest, prompt, parameters, level, nonce, streaming, Terms with { AuditPpm = auditPpm },
            (Terms with { AuditPpm = auditPpm }).UpperBound(level, eligible, PriceTerms.InputTokens(parameters, prompt.Length), maxTokens), Start, Start.AddMilliseconds(Options.DeadlineMs));
        State = RequestMachine.Open(Spec);
    }

    /// <summary>A review, played by the same nodes as the request before it.</summary>
    public RequestHarness(RequestHarness before, RequestSpec review)
    {
        (Options, Nodes, Now, _step) = (before.Options, before.Nodes, before.Now, before._step);
        _machine = new RequestMachine(Options, Signatures);
        Spec = review;
        State = RequestMachine.Open(Spec);
    }

    /// <summary>A review of an answer that was given here, by the same nodes; of the convicted one where there is a conviction.</summary>
    public RequestHarness ReviewOf(ReviewKind kind, int panel)
    {
        var subject = State.Convictions.Count > 0 ? State.Participants.First(p => p.Node == State.Convictions[0].Node).Transcript! : State.Answer!;
        var authors = State.Participants.Where(p => p.Generates && p.Transcript is not null && p.Digest == subject.Digest());
        var nonce = Review.NonceOf(kind, Spec.Id, subject.Digest(), round: 0);
        return new RequestHarness(this, Spec with
        {
            Id = RequestSpec.IdOf("alice", nonce),
            Nonce = nonce,
            Review = new Review(kind, Spec.Id, Hash32.Zero, Echelon, panel, subject, [.. authors.Select(p => new ReviewAuthor(p.Nonce, p.Commitment!))], []),
        });
    }

    /// <summary>Its judges collude against it.</summary>
    public bool HonestMayBeConvicted { get; set; }

    public EligibleNode[] Market => Eligible();

    /// <summary>The answer was handed over ahead of its audit.</summary>
    public bool Delivered { get; private set; }

    public RequestOptions Options { get; }

    public RequestSpec Spec { get; }

    public FakeNode[] Nodes { get; }

    public RequestState State { get; private set; }

    public DateTimeOffset Now { get; private set; } = Start;

    public int Finishes { get; private set; }

    public List<int> Shown { get; } = [];

    public List<TranscriptChunk> ShownScores { get; } = [];

    public HashSet<NodeId> Jailed { get; } = [];

    /// <summary>Decides what a node is when it is drawn: purpose and number of draws so far.</summary>
    public Func<DrawPurpose, int, Cheat>? Casting { get; set; }

    /// <summary>Called before each event.</summary>
    public Action<RequestHarness>? Before { get; set; }

    public IReadOnlyList<(FakeNode Node, NodeMessage Message)> Mail => _mail;

    private EligibleNode[] Eligible() =>
        [.. Nodes.Select(n => new EligibleNode(n.Id, Echelon, new Micros(90_000 + n.Number % 3 * 10_000), new Micros(300_000)))];

    public FakeNode Node(NodeId id) => Nodes.First(n => n.Id == id);

    public FakeNode Node(DrawPurpose purpose, int index = 0) => Node(State.Participants.Where(p => p.Purpose == purpose).ElementAt(index).Node);

    /// <summary>Runs to the end; time advances only when nobody has anything to say.</summary>
    public RequestState Run()
    {
        Happen(new RequestEvent.Started());
        return Continue();
    }

    public RequestState Continue()
    {
        for (var i = 0; i < 10_000 && !State.IsTerminal; i++)
        {
            Before?.Invoke(this);
            if (!Deliver())
                Tick();
        }

        Assert.True(State.IsTerminal, $"still {State.Phase} after 10,000 events");
        CheckInvariants();
        return State;
    }

    public void Tick()
    {
        Now = RequestMachine.NextDue(State) > Now ? RequestMachine.NextDue(State) : Now;
        Happen(new RequestEvent.Ticked());
    }

    /// <summary>Delivers one message; per node they stay in order.</summary>
    public bool Deliver()
    {
        if (_mail.Count == 0)
            return false;
        var at = _order is null ? 0 : _order.Next(_mail.Count);
        at = _mail.FindIndex(m => m.Node == _mail[at].Node);
        var (node, message) = _mail[at];
        _mail.RemoveAt(at);
        Now = Now.AddMilliseconds(1);
        Happen(new RequestEvent.Received(node.Id, NodeMessage.FromBytes(node.Refresh(message).ToBytes())));
        return true;
    }

    public void Say(FakeNode node, NodeMessage message) => _mail.Add((node, message));

    public void Happen(RequestEvent happened)
    {
        _happened.Enqueue(happened);
        while (_happened.TryDequeue(out var next))
        {
            var before = State;
            var step = _machine.Step(State, next, Now);
            State = step.State;
            if (before.IsTerminal)
            {
                Assert.Same(before, State);
                Assert.Empty(step.Effects);
            }

            foreach (var effect in step.Effects)
                Do(effect);
            Assert.True(State.Price <= Spec.Hold, "price above hold");
            Assert.True(State.PendingDraws >= 0 && (!State.IsTerminal || State.PendingDraws == 0), "pending draws");
        }
    }

    private void Do(RequestEffect effect)
    {
        switch (effect)
        {
            case RequestEffect.DrawNodes e:
                // A step that asks and then ends still asks; the result finds a terminal request and changes nothing.
                Assert.True(State.IsTerminal || State.PendingDraws >= e.Count, "asks for more draws than are pending");
                _happened.Enqueue(new RequestEvent.Drawn(e.Purpose, DrawFor(e)));
                break;
            case RequestEffect.Send { Message: var message, Node: var to }:
                var node = Node(to);
                var sent = CoordinatorMessage.FromBytes(message.ToBytes());
                if (node.Cheat == Cheat.Lost && sent is CoordinatorMessage.Work or CoordinatorMessage.Check)
                {
                    if (node.Cheat == Cheat.Lost)
                    {
                        _happened.Enqueue(new RequestEvent.NodeLost(to));
                        break;
                    }
                }

                foreach (var answer in node.Handle(sent))
                    _mail.Add((node, answer));
                break;
            case RequestEffect.Publish e:
                ShownScores.AddRange(e.Prompt);
                Shown.AddRange(e.Tokens);
                break;
            case RequestEffect.DrawAudit:
                _step++;
                _happened.Enqueue(new RequestEvent.AuditDrawn(new BeaconReveal(0, Chain[0], _step, Chain[_step])));
                break;
            case RequestEffect.Deliver:
                Assert.DoesNotContain(State.Participants, p => p.Purpose == DrawPurpose.Checker);
                Delivered = true;
                break;
            case RequestEffect.Jail e:
                Jailed.Add(e.Node);
                break;
            case RequestEffect.Finish:
                Finishes++;
                break;
        }
    }

    private List<DrawProof> DrawFor(RequestEffect.DrawNodes wanted)
    {
        var taken = State.Taken;
        List<DrawProof> draws = [];
        for (var i = 0; i < wanted.Count; i++)
        {
            _step++;
            var beacon = new BeaconReveal(0, Chain[0], _step, Chain[_step]);
            if (Draw.One(wanted.Purpose, State.Participants.Count + draws.Count, beacon, Spec.Id, Spec.Nonce, Eligible(), taken) is not { } draw)
                break;
            if (Casting is not null)
                Node(draw.Chosen.Node).Cheat = Casting(wanted.Purpose, State.Participants.Count(p => p.Purpose == wanted.Purpose) + i);
            draws.Add(draw);
            taken.Add(draw.Chosen.Node);
        }

        return draws;
    }

    public static readonly Cheat[] Malicious =
    [
        Cheat.Stage1, Cheat.OtherModel, Cheat.BadReveal, Cheat.GarbageReveal, Cheat.Equivocate, Cheat.Truncate, Cheat.FalseCancel, Cheat.WrongParameters,
        Cheat.ForeignToken, Cheat.LyingScore, Cheat.NoScores,
    ];

    public void CheckInvariants()
    {
        Assert.Equal(1, Finishes);
        Assert.Equal(0, State.PendingDraws);
        Assert.Equal(State.Phase == RequestPhase.Settled, State.Refund == RefundReason.None);
        if (Spec.Review is null)
        {
            Assert.Equal(State.Phase == RequestPhase.Settled, State.Answer is not null);
            Assert.Equal(State.Phase == RequestPhase.Settled, State.Payments.Count > 0);
            Assert.All(State.Convictions, c => Assert.True(HonestMayBeConvicted || Malicious.Contains(Node(c.Node).Cheat)));
        }

        Assert.Equal(State.Convictions.Select(c => c.Node).ToHashSet(), Jailed);
        Assert.Equal(State.Participants.Count, State.Participants.Select(p => p.Node).Distinct().Count());
        foreach (var p in State.Participants.Where(p => p.Failure is ParticipantFailure.Silent or ParticipantFailure.Malformed or ParticipantFailure.StreamedOtherwise))
            Assert.True(Node(p.Node).Cheat != Cheat.None, $"an honest node failed: {p.Failure}");
        Assert.True(State.Replacements <= Options.ReplacementsMax);
        if (State.Phase == RequestPhase.Settled && Spec.Streaming)
        {
            Assert.Equal(State.Answer!.Output, Shown);
            Assert.Equal(State.Answer.PromptChunks, ShownScores);
        }

        var problems = new ReceiptVerifier(Signatures).Verify(Receipt());
        Assert.True(problems.Count == 0, string.Join("; ", problems));
    }

    public SignedReceipt Receipt() => SignedReceipt.Sign(new Receipt(State, Options.Resolvers, Now), Coordinator);

    public Participant Of(DrawPurpose purpose, int index = 0) => State.Participants.Where(p => p.Purpose == purpose).ElementAt(index);
}
