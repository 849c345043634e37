using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Atoma.Ethereum.Keys;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Support;

/// <summary>
/// A node without engine and connection: signs with a real key, answers from a <see cref="FakeModel"/>, speaks to the grains as
/// a gateway session does. What it is told it works on in order, outside the grain call that told it.
/// </summary>
internal sealed class FakeNode : INodeLink, IAsyncDisposable
{
    private static int _sessions;

    private readonly NodeKey _key = NodeKey.Generate();
    private readonly IGrainFactory _grains;
    private readonly FakeModel _model;
    private readonly Script _script;
    private readonly Channel<CoordinatorMessage> _messages = Channel.CreateUnbounded<CoordinatorMessage>();
    private readonly ConcurrentDictionary<Hash32, (Hash32 Nonce, Transcript Shown)> _answers = new();
    private readonly Dictionary<Hash32, GenerationTask> _dawdling = [];
    private readonly ConcurrentDictionary<(Hash32 Request, Hash32 Subject), Vote> _votes = new();
    private readonly Task _work;
    private INodeLink? _reference;
    private int _commitments;

    public FakeNode(IGrainFactory grains, FakeModel model, Script script)
    {
        (_grains, _model, _script) = (grains, model, script);
        _work = WorkAsync();
    }

    public NodeId Id => _key.Id;

    /// <summary>What its operator signs.</summary>
    public byte[] Sign(Hash32 digest) => _key.Sign(digest);

    public INodeGrain Grain => _grains.GetGrain<INodeGrain>(Keys.Node(Id));

    /// <summary>Of the last connection.</summary>
    public string Session { get; private set; } = "";

    /// <summary>What it holds as the model's file; null: it does not answer challenges.</summary>
    public byte[]? File { get; set; }

    /// <summary>Works on many requests at once, as a node with many slots, and remembers nothing of what it was told.</summary>
    public bool Concurrent { get; set; }

    /// <summary>Everything it was told.</summary>
    public ConcurrentQueue<CoordinatorMessage> Heard { get; } = new();

    /// <summary>Everything that it said about requests, and how it introduced itself.</summary>
    public ConcurrentQueue<byte[]> Said { get; } = new();

    /// <summary>What the grains know it by.</summary>
    public INodeLink Reference => _reference ??= _grains.CreateObjectReference<INodeLink>(this);

    /// <summary>Codes its connections were closed with.</summary>
    public ConcurrentQueue<RefusalCode> Closed { get; } = new();

    /// <summary>Whether this node was given the piece of work that it deals with in this way.</summary>
    public ConcurrentDictionary<Conduct, bool> Did { get; } = new();

    public Subscription Offer(FakeModel? model = null) => new(
        (model ?? _model).Manifest, (model ?? _model).Echelon, new Micros(200_000), new Micros(600_000), Slots: 4, MaxContext: 512,
        (model ?? _model).KnownAnswers);

    public Task<ConnectReply> ConnectAsync(params Subscription[] offers)
    {
        Session = Interlocked.Increment(ref _sessions).ToString("x64", CultureInfo.InvariantCulture);
        var hello = new NodeMessage.Hello(NodeLimits.ProtocolVersion, Registration.Sign(_key, "gateway", "DE", 1_767_225_600), offers.Length > 0 ? offers : [Offer()]);
        Said.Enqueue(hello.ToBytes());
        return Grain.Connect(new ConnectCall(Session, hello.ToBytes()), Reference);
    }

    public Task DisconnectAsync() => Grain.Disconnect(Session);

    public Task<bool> Deliver(byte[] message) => Task.FromResult(_messages.Writer.TryWrite(CoordinatorMessage.FromBytes(message)));

    public Task Close(int code, string reason)
    {
        Closed.Enqueue((RefusalCode)code);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await _work;
        _key.Dispose();
    }

    /// <summary>Commits to two outputs of a request that it works on.</summary>
    public async Task EquivocateAsync(SubmitCall call)
    {
        var request = RequestSpec.IdOf(call.Account, new Hash32(call.Nonce));
        foreach (var value in new[] { Hash32.Sha256("one"u8), Hash32.Sha256("another"u8) })
            await SayAsync(new NodeMessage.Commit(Commitment.Sign(_key, request, value)));
    }

    private async Task WorkAsync()
    {
        List<Task> running = [];
        await foreach (var message in _messages.Reader.ReadAllAsync())
        {
            if (Concurrent)
            {
                running.RemoveAll(static t => t.IsCompletedSuccessfully);
                running.Add(HandleAsync(message));
                continue;
            }

            Heard.Enqueue(message);
            await HandleAsync(message);
        }
    }

    private Task HandleAsync(CoordinatorMessage message)
    {
        switch (message)
        {
            case CoordinatorMessage.Work m:
                return AnswerAsync(new GenerationTask(m.Request, m.Prompt, m.Parameters), _script.NextGenerator());
            case CoordinatorMessage.Cancel m when _dawdling.Remove(m.Request, out var task):
                var whole = _model.Generate(task);
                return m.AtTokens == 0 ? Task.CompletedTask : CommitAsync(task, _model.Build(task, whole.Positions.Take(m.AtTokens), FinishReason.Cancelled));
            case CoordinatorMessage.AskReveal m when _answers.TryGetValue(m.Request, out var answer):
                return SayAsync(new NodeMessage.Reveal(m.Request, answer.Nonce, answer.Shown.ToBytes()));
            case CoordinatorMessage.Check m:
                return CheckAsync(new GenerationTask(m.Request, m.Prompt, m.Parameters), Transcript.FromBytes(m.Transcript), _script.NextChecker());
            case CoordinatorMessage.Closed m:
                _answers.TryRemove(m.Request, out _);
                return Task.CompletedTask;
            case CoordinatorMessage.AskWeights m when File is { } file:
                return Grain.Weights(WeightAnswer.Sign(_key, m.Seed, m.Model, WeightChallenge.DigestOf(m.Seed, new MemoryStream(file))).ToBytes());
            case CoordinatorMessage.AskVote m when _votes.TryRemove((m.Request, m.Subject), out var vote):
                return SayAsync(new NodeMessage.CastVote(vote));
            default:
                return Task.CompletedTask;
        }
    }

    private async Task AnswerAsync(GenerationTask task, Conduct conduct)
    {
        Did[conduct] = true;
        var honest = _model.Remembered(task);
        PositionEvidence[] positions = [.. honest.Positions];
        var middle = positions.Length / 2;
        switch (conduct)
        {
            case Conduct.Silent:
                return;
            case Conduct.Refuses:
                await SayAsync(new NodeMessage.Refuse(task.Request, "busy"));
                return;
            case Conduct.Dawdles:
                _dawdling[task.Request] = task;
                await SayAsync(new NodeMessage.Progress(task.Request, 0, [.. honest.Output.Take(3)], Shown(honest, 3)));
                return;
            case Conduct.WrongToken:
                positions[middle] = new PositionEvidence([new EvidenceEntry('#', 0)]);
                await CommitAsync(task, _model.Build(task, positions, honest.Finish));
                return;
            case Conduct.UnlikelyToken:
                positions[middle] = new PositionEvidence([.. positions[middle].Entries.Take(2).Reverse()]);
                await CommitAsync(task, _model.Build(task, positions, honest.Finish));
                return;
            case Conduct.Equivocates:
                await CommitAsync(task, honest);
                await CommitAsync(task, honest);
                return;
            case Conduct.LiesAboutThePrompt:
                PositionEvidence[] scores = [.. honest.PromptChunks.SelectMany(c => c.Positions)];
                scores[^1] = scores[^1] with { Entries = [scores[^1].Entries[0] with { Quanta = 60_000 }] };
                await CommitAsync(task, honest with { PromptChunks = PromptScores.Chunked(scores) });
                return;
            default:
                if (honest.PromptChunks.Count > 0)
                    await SayAsync(new NodeMessage.Scored(task.Request, honest.PromptChunks));
                if (honest.OutputCount > 0)
                    await SayAsync(new NodeMessage.Progress(task.Request, 0, [.. honest.Output], Shown(honest, honest.OutputCount)));
                await CommitAsync(task, honest);
                return;
        }
    }

    private static PositionEvidence[] Shown(Transcript answer, int count) =>
        answer.Parameters.TopLogprobs == 0 ? [] : [.. answer.Positions.Take(count).Select(p => p.Shown)];

    private Task CommitAsync(GenerationTask task, Transcript answer)
    {
        var nonce = Hash32.Sha256([.. task.Request.ToArray(), .. Id.ToArray(), .. BitConverter.GetBytes(Interlocked.Increment(ref _commitments))]);
        _answers[task.Request] = (nonce, answer);
        var value = Commitment.ValueOf(task.Request, Id, nonce, answer.Digest(), answer.Prompt.Count, answer.OutputCount);
        return SayAsync(new NodeMessage.Commit(Commitment.Sign(_key, task.Request, value)));
    }

    private Task CheckAsync(GenerationTask task, Transcript claimed, Conduct conduct)
    {
        Did[conduct] = true;
        switch (conduct)
        {
            case Conduct.Silent:
                return Task.CompletedTask;
            case Conduct.Refuses:
                return SayAsync(new NodeMessage.Refuse(task.Request, "busy"));
            default:
                var outcome = conduct == Conduct.VotesWrong ? CheckOutcome.Mismatch(0, "a lie") : _model.Check(task, claimed);
                var vote = Vote.Sign(_key, task.Request, claimed.Digest(), outcome, Hash32.Sha256(Id.ToArray()));
                _votes[(task.Request, vote.Subject)] = vote;
                return SayAsync(new NodeMessage.CommitVote(VoteCommitment.Sign(_key, task.Request, vote.Subject,
                    VoteCommitment.ValueOf(task.Request, vote.Subject, Id, vote.Verdict, vote.Position, vote.Nonce))));
        }
    }

    private Task SayAsync(NodeMessage message)
    {
        Said.Enqueue(message.ToBytes());
        return _grains.GetGrain<IRequestGrain>(Keys.Request(message.RequestId!.Value)).Receive(Id.ToString(), message.ToBytes());
    }
}
