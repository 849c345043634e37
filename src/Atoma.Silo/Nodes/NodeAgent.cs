using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Settlement;
using Atoma.Protocol.Verification;

namespace Atoma.Silo.Nodes;

/// <summary>What a node offers and who it is.</summary>
internal sealed record NodeProfile(string EndpointKind, string Country, Micros InputPrice, Micros OutputPrice, int Slots);

/// <summary>How a session with the network ended.</summary>
internal sealed record SessionEnd(RefusalCode Code, string Reason)
{
    /// <summary>Connecting again with the same key, model and program would end the same way.</summary>
    public bool IsFinal => Code is RefusalCode.BadSignature or RefusalCode.UnknownModel or RefusalCode.WrongModelDigest or RefusalCode.ProtocolVersion
        or RefusalCode.Malformed or RefusalCode.WrongEchelon or RefusalCode.CollateralTooLow or RefusalCode.NotAllowed or RefusalCode.Replaced;
}

/// <summary>
/// A node: answers and checks with its models' engines, signs all it says with its key (P5.3–P5.5). One agent serves both doors.
/// Of a closed request it keeps only the hash of its answer, for a while.
/// </summary>
internal sealed class NodeAgent(ISigner key, NodeModels models, NodeProfile profile, Misbehaviour? cheat, TimeProvider time, ILogger log)
{
    /// <summary>Tokens sent together once the first is out.</summary>
    private const int ProgressTokens = 16;

    /// <summary>Longest time tokens wait for company: what an eye does not see.</summary>
    private static readonly TimeSpan ProgressDelay = TimeSpan.FromMilliseconds(40);

    /// <summary>Messages waiting to be signed and sent.</summary>
    private const int OutgoingMax = 4096;

    /// <summary>Answers whose hash is kept: a contract's is signed within seconds of its end.</summary>
    private const int ResultsMax = 1024;

    private readonly ConcurrentDictionary<Hash32, NodeJob> _jobs = new();
    private readonly ConcurrentDictionary<Hash32, Hash32> _results = new();
    private readonly ConcurrentQueue<Hash32> _answered = new();
    private Channel<NodeMessage> _outgoing = Channel.CreateBounded<NodeMessage>(OutgoingMax);

    /// <summary>Serves one connection until it ends.</summary>
    public async Task<SessionEnd> RunAsync(INodeConnection connection, Action<CoordinatorMessage.Welcome>? welcomed, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _outgoing = Channel.CreateBounded<NodeMessage>(OutgoingMax);
        List<Task> background = [];
        var end = new SessionEnd(RefusalCode.None, "the connection ended");
        try
        {
            await foreach (var message in connection.Messages(ending.Token))
            {
                switch (message)
                {
                    case CoordinatorMessage.Challenge challenge:
                        background.Add(SendAllAsync(connection, challenge.Session, _outgoing.Reader, ending));
                        Say(Hello());
                        break;
                    case CoordinatorMessage.Welcome welcome:
                        log.Joined(key.Id.ToString(), welcome.State, welcome.Collateral.Value);
                        welcomed?.Invoke(welcome);
                        background.Add(HeartbeatAsync(welcome.LeaseMs, ending.Token));
                        break;
                    case CoordinatorMessage.Goodbye goodbye:
                        // The first goodbye says why; what would follow on a connection given up says less.
                        return end = new SessionEnd(goodbye.Code, goodbye.Reason);
                    default:
                        Handle(message, background, ending.Token);
                        break;
                }

                background.RemoveAll(static t => t.IsCompletedSuccessfully);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or Grpc.Core.RpcException)
        {
            end = end.Code == RefusalCode.None ? new SessionEnd(RefusalCode.None, e.Message) : end;
        }
        finally
        {
            await ending.CancelAsync();
            _outgoing.Writer.TryComplete();
            await Task.WhenAll(background);
            foreach (var job in _jobs.Values)
                job.Dispose();
            _jobs.Clear();
        }

        return end;
    }

    private NodeMessage.Hello Hello() =>
        new(NodeLimits.ProtocolVersion,
            Registration.Sign(key, profile.EndpointKind, profile.Country, (ulong)time.GetUtcNow().ToUnixTimeSeconds()),
            [.. models.Served.Select(m => new Subscription(
                m.Manifest, m.Echelon, profile.InputPrice, profile.OutputPrice, profile.Slots, m.ContextTokens, m.Answers) { CheckPermille = m.CheckPermille })]);

    private void Handle(CoordinatorMessage message, List<Task> background, CancellationToken stopping)
    {
        switch (message)
        {
            case CoordinatorMessage.Work m when cheat is { IsSilent: true }:
                log.Misbehaving(key.Id.ToString(), $"ignores request {m.Request}");
                break;
            case CoordinatorMessage.Work m:
                background.Add(WorkAsync(JobOf(m.Request, new GenerationTask(m.Request, m.Prompt, m.Parameters, m.Flow), stopping), m.Model, m.Trace));
                break;
            case CoordinatorMessage.AskReveal m:
                if (_jobs.TryGetValue(m.Request, out var opened) && opened.Committed is { } committed)
                    Say(new NodeMessage.Reveal(m.Request, committed.Nonce, committed.Transcript));
                break;
            case CoordinatorMessage.Check m:
                background.Add(CheckAsync(JobOf(m.Request, new GenerationTask(m.Request, m.Prompt, m.Parameters, m.Flow), stopping), m.Model, m.Transcript, m.Trace));
                break;
            case CoordinatorMessage.AskVote m:
                if (_jobs.TryGetValue(m.Request, out var voter) && Take(voter, m.Subject) is { } vote)
                    Say(new NodeMessage.CastVote(vote));
                break;
            case CoordinatorMessage.Cancel m:
                if (_jobs.TryGetValue(m.Request, out var cancelled))
                    Cancel(cancelled, m.AtTokens);
                break;
            case CoordinatorMessage.Closed m:
                if (_jobs.TryRemove(m.Request, out var closed))
                    closed.Dispose();
                break;
            case CoordinatorMessage.AskSignature m:
                if (_results.TryGetValue(m.Request, out var result))
                    Say(new NodeMessage.SignedAnswer(m.Request, key.Sign(ContractAnswer.Digest(m.Domain, m.Request, result))));
                break;
            case CoordinatorMessage.AskWeights m when models.Served.FirstOrDefault(s => s.Manifest.Digest == m.Model) is { } asked:
                background.Add(WeighAsync(m, asked.Path));
                break;
            case CoordinatorMessage.Notice m:
                log.Notice(key.Id.ToString(), m.Text);
                break;
        }
    }

    private NodeJob JobOf(Hash32 request, GenerationTask task, CancellationToken stopping) =>
        _jobs.GetOrAdd(request, _ => new NodeJob(task, stopping));

    private static void Cancel(NodeJob job, int atTokens)
    {
        job.CancelAt = atTokens;
        if (atTokens == 0)
            job.Stop();
    }

    private async Task WorkAsync(NodeJob job, Hash32 model, string trace)
    {
        var request = job.Task.Request;
        using var span = NodeTraces.Start("generate", trace, request, key.Id);
        try
        {
            using var lease = await models.RentAsync(model, job.Stopped);
            var engine = lease.Engine;
            var answer = cheat is null
                ? await GenerateAsync(engine, model, job)
                : await cheat.AnswerAsync(job, model, e => GenerateAsync(e ?? engine, model, job));
            Commit(job, answer);
            Remember(request, Keccak.Hash(ContractAnswer.ResultOf(answer, engine.Tokenizer)));
            span?.SetTag("gen_ai.usage.input_tokens", answer.Prompt.Count).SetTag("gen_ai.usage.output_tokens", answer.OutputCount);
            log.Worked(key.Id.ToString(), request.ToString(), answer.OutputCount);
        }
        catch (OperationCanceledException)
        {
            // Dropped by the coordinator, or the agent stops.
        }
        catch (EngineRefusedException e)
        {
            log.WorkFailed(key.Id.ToString(), request.ToString(), e.Message);
            Say(new NodeMessage.Refuse(request, Clip(e.Message)));
        }
    }

    /// <summary>Generates, shows tokens as they come, and ends early when told to.</summary>
    private async Task<Transcript> GenerateAsync(IInferenceEngine with, Hash32 model, NodeJob job)
    {
        var task = job.Task;
        if (task.Parameters.IsEmbedding)
            return Transcript.OfVectors(model, task.Prompt, task.Parameters, await with.EmbedAsync(task, job.Stopped));
        var scores = task.Parameters.ScorePrompt ? await ScoreAsync(with, job) : [];
        if (task.Parameters.MaxTokens == 0)
            return new Transcript(model, task.Prompt, task.Parameters, [], FinishReason.Length) { PromptChunks = scores };
        var positions = new List<PositionEvidence>();
        var shown = 0;
        var since = time.GetTimestamp();
        FinishReason? finish = null;
        await foreach (var step in with.GenerateAsync(task, job.Stopped))
        {
            positions.Add(step.Evidence);
            finish = step.Finish;
            if (finish is null && positions.Count >= job.CancelAt)
            {
                finish = FinishReason.Cancelled;
                break;
            }

            if (shown == 0 || positions.Count - shown >= ProgressTokens || time.GetElapsedTime(since) >= ProgressDelay)
                Show();
        }

        if (finish == FinishReason.Cancelled && positions.Count > job.CancelAt)
            positions.RemoveRange(job.CancelAt, positions.Count - job.CancelAt);
        Invariant.Assert(finish is not null);
        if (shown < positions.Count)
            Show();
        var builder = new TranscriptBuilder(model, task.Prompt, task.Parameters);
        foreach (var position in positions)
            builder.Add(position);
        return builder.Finish(finish.Value) with { PromptChunks = scores };

        void Show()
        {
            if (cheat is not { HidesProgress: true })
            {
                PositionEvidence[] fresh = [.. positions.Skip(shown).Select(p => p.Shown)];
                Say(new NodeMessage.Progress(task.Request, shown, [.. fresh.Select(p => p.Token)], task.Parameters.TopLogprobs > 0 ? fresh : []));
            }

            shown = positions.Count;
            since = time.GetTimestamp();
        }
    }

    private async Task<IReadOnlyList<TranscriptChunk>> ScoreAsync(IInferenceEngine with, NodeJob job)
    {
        var scores = await with.ScoreAsync(job.Task, job.Stopped);
        if (scores.Count > 0 && cheat is not { HidesProgress: true })
            Say(new NodeMessage.Scored(job.Task.Request, scores));
        return scores;
    }

    private void Commit(NodeJob job, Transcript answer)
    {
        Invariant.Assert(job.Commitment is null);
        var nonce = new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size));
        var value = Commitment.ValueOf(job.Task.Request, key.Id, nonce, answer.Digest(), answer.Prompt.Count, answer.OutputCount);
        job.Commitment = Commitment.Sign(key, job.Task.Request, value);
        job.Committed = (nonce, answer.ToBytes());
        Say(new NodeMessage.Commit(job.Commitment));
    }

    private void Remember(Hash32 request, Hash32 result)
    {
        if (!_results.TryAdd(request, result))
            return;
        _answered.Enqueue(request);
        if (_answered.Count > ResultsMax && _answered.TryDequeue(out var oldest))
            _results.TryRemove(oldest, out _);
    }

    private async Task CheckAsync(NodeJob job, Hash32 model, byte[] claimed, string trace)
    {
        var request = job.Task.Request;
        using var span = NodeTraces.Start("check", trace, request, key.Id);
        try
        {
            var transcript = Transcript.FromBytes(claimed);
            using var lease = await models.RentAsync(model, job.Stopped);
            var outcome = cheat is { ChecksNothing: true } ? CheckOutcome.Match : await LookAsync(lease.Engine, job, transcript);
            span?.SetTag("atoma.verdict", outcome.Verdict.ToString().ToLowerInvariant());
            var nonce = new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size));
            var vote = Vote.Sign(key, request, transcript.Digest(), outcome, nonce);
            lock (job.Votes)
            {
                job.Votes[vote.Subject] = vote;
            }

            Say(new NodeMessage.CommitVote(VoteCommitment.Sign(key, request, vote.Subject,
                VoteCommitment.ValueOf(request, vote.Subject, key.Id, vote.Verdict, vote.Position, nonce))));
        }
        catch (OperationCanceledException)
        {
            // Dropped by the coordinator, or the agent stops.
        }
        catch (Exception e) when (e is EngineRefusedException or CanonicalFormatException)
        {
            log.WorkFailed(key.Id.ToString(), request.ToString(), e.Message);
            Say(new NodeMessage.Refuse(request, Clip(e.Message)));
        }
    }

    /// <summary>P7.4: bit by bit in invariant mode, else by the thresholds published for this echelon.</summary>
    private static async Task<CheckOutcome> LookAsync(IInferenceEngine engine, NodeJob job, Transcript claimed)
    {
        if (engine.Echelon.IsExact || job.Task.Parameters.IsEmbedding)
            return await engine.CheckAsync(job.Task, claimed, job.Stopped);
        var echelon = engine.Echelon.Id();
        return StatisticalCheck.Judge(await engine.ObserveAsync(job.Task, claimed, job.Stopped), PublishedThresholds.Find(echelon, echelon));
    }

    private static Vote? Take(NodeJob job, Hash32 subject)
    {
        lock (job.Votes)
        {
            return job.Votes.Remove(subject, out var vote) ? vote : null;
        }
    }

    /// <summary>Hashes the ranges that a challenge asks for (P7.6).</summary>
    private async Task WeighAsync(CoordinatorMessage.AskWeights challenge, string path)
    {
        try
        {
            await using var file = File.OpenRead(path);
            Say(new NodeMessage.Weights(WeightAnswer.Sign(key, challenge.Seed, challenge.Model, WeightChallenge.DigestOf(challenge.Seed, file))));
        }
        catch (IOException e)
        {
            log.WorkFailed(key.Id.ToString(), "weights", e.Message);
        }
    }

    private static string Clip(string text) => text.Length <= 100 ? text : text[..100];

    /// <summary>A node whose outgoing queue is full has lost its connection in all but name.</summary>
    private void Say(NodeMessage message)
    {
        if (!_outgoing.Writer.TryWrite(message))
            _outgoing.Writer.TryComplete();
    }

    private async Task SendAllAsync(INodeConnection connection, Hash32 session, ChannelReader<NodeMessage> messages, CancellationTokenSource ending)
    {
        ulong sequence = 0;
        try
        {
            await foreach (var message in messages.ReadAllAsync(ending.Token))
                await connection.SendAsync(SignedFrame.Sign(key, session, ++sequence, message), ending.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or Grpc.Core.RpcException or InvalidOperationException or OrleansException or TimeoutException)
        {
            // Without a way to speak the session is over.
            await ending.CancelAsync();
        }
    }

    private async Task HeartbeatAsync(int leaseMs, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(100, leaseMs / 3)), time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                Say(new NodeMessage.Heartbeat(models.Busy));
        }
        catch (OperationCanceledException)
        {
            // The session is over.
        }
    }
}
