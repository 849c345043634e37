using System.Diagnostics;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Models;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Requests;

/// <summary>
/// Carries one request: feeds what happens to the <see cref="RequestMachine"/> and does what it asks. The ledger's row, not this
/// activation, is the truth: its version decides between two activations, and an activation without memory of the work ends it.
/// </summary>
internal sealed partial class RequestGrain(
    ILedgerStore ledger, ISigner coordinator, ISignatureScheme signatures, ITokenizers tokenizers, NetworkOptions options, NetworkStatus status,
    TimeProvider time, ILogger<RequestGrain> log) : Grain, IRequestGrain
{
    /// <summary>Pause before a settlement that the store refused is tried again.</summary>
    private static readonly TimeSpan SettleRetry = TimeSpan.FromSeconds(1);

    private readonly RequestMachine _machine = new(options.Request, signatures);
    private readonly Settler _settler = new(ledger, coordinator, options);
    private readonly Quoter _quoter = new(options);
    private readonly AnswerLog _answer = new();
    private readonly Queue<RequestEvent> _happened = new();
    private RequestState? _state;
    private SubmitReply? _accepted;
    private AnswerText? _text;
    private AnswerLogprobs? _logprobs;
    private bool _promptShown;
    private ActivityContext _trace;
    private SignedReceipt? _receipt;
    private bool _begun;
    private bool _settled;
    private Micros _dearest;
    private IGrainTimer? _timer;
    private Drawing? _drawing;

    private Drawing Drawing => _drawing ??= new Drawing(GrainFactory);

    private string Key => this.GetPrimaryKeyString();

    /// <summary>Picks up what the store knows: a finished request is read, an open one was orphaned by a stop.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var row = await ledger.FindRequestAsync(Hash32.Parse(Key["req:".Length..]), cancellationToken);
        if (row is null)
            return;
        if (RequestRows.Receipt(row) is { } stored)
        {
            _receipt = stored;
            _state = stored.Receipt.State;
            (_begun, _settled) = (true, true);
            End();
            return;
        }

        _state = RequestMachine.Open(RequestRows.Spec(row));
        _begun = true;
        _happened.Enqueue(new RequestEvent.Recovered());
        Arm(TimeSpan.Zero);
    }

    public async Task<SubmitReply> Submit(SubmitCall call)
    {
        if (_accepted is not null)
            return _accepted;
        // Accepted by an earlier activation: the caller lost its answer and asks again.
        if (_state?.Spec is { } known)
            return Existing(known, tokenizers.Find(known.Model.Id));
        Invariant.Assert(Keys.Request(RequestSpec.IdOf(call.Account, new Hash32(call.Nonce))) == Key);
        // Before the quote: a retry finds its answer also while nobody could be drawn for it.
        var asked = Submission.Digest(call);
        if (await EarlierAsync(call, asked) is { } earlier)
            return earlier;
        if (tokenizers.Find(call.Model) is not { } tokenizer
            || await GrainFactory.GetGrain<IModelGrain>(Keys.Model(call.Model)).Market() is not { } market)
            return Refused(SubmitStatus.UnknownModel, Quoter.UnknownModel(call.Model));

        var quote = _quoter.Make(call, market, tokenizer, time.GetUtcNow());
        if (quote.Spec is not { } quoted)
            return quote.Refusal!;
        var spec = quoted with { Note = new RequesterNote(asked, call.Form) };
        var result = await ledger.CommitAsync(Settlement.Accept(spec, budget: call.KeyHash.Length > 0 ? Hash32.Parse(call.KeyHash) : default), default);
        switch (result.Status)
        {
            case LedgerStatus.Ok:
                break;
            case LedgerStatus.InsufficientFunds:
                // A twin with the same key may have taken the money between our look and our hold.
                if (await EarlierAsync(call, asked) is { } twin)
                    return twin;
                var balance = await ledger.BalanceAsync(LedgerAccount.User(spec.Account), default);
                return new SubmitReply(SubmitStatus.InsufficientFunds,
                    $"This request can cost up to {spec.Hold} micros and the account has {balance}. Add funds, or ask for fewer tokens or less integrity.",
                    "", spec.Integrity.ToString(), spec.Prompt.Count, spec.Hold.Value);
            case LedgerStatus.BudgetExceeded:
                return new SubmitReply(SubmitStatus.BudgetExceeded,
                    $"This request can cost up to {spec.Hold} micros, more than what is left of this key's budget (GET /v1/account shows it). Raise the budget, wait for its next period, or ask for fewer tokens.",
                    "", spec.Integrity.ToString(), spec.Prompt.Count, spec.Hold.Value);
            case LedgerStatus.IdempotencyKeyUsed:
                return (await EarlierAsync(call, asked))!;
            default:
                throw new InvariantException($"Accepting a new request gave {result.Status}.");
        }

        log.RequestAccepted(spec.Id.ToString(), spec.Integrity.ToString(), spec.Prompt.Count, spec.Hold.Value);
        _trace = Activity.Current?.Context ?? default;
        _state = RequestMachine.Open(spec);
        _text = new AnswerText(tokenizer, spec.Parameters.Stop, spec.Parameters.StopTokens);
        _logprobs = new AnswerLogprobs(tokenizer);
        _dearest = quote.Dearest;
        _accepted = new SubmitReply(SubmitStatus.Accepted, "", spec.Id.ToString(), spec.Integrity.ToString(), spec.Prompt.Count, spec.Hold.Value, (int)tokenizer.ToolCalls);
        if (call.Deferred)
            Arm(spec.Deadline - time.GetUtcNow());
        else
            await Begin();
        return _accepted;
    }

    public async Task Begin()
    {
        if (_begun || _state is null)
            return;
        _begun = true;
        await Happened(new RequestEvent.Started());
    }

    public async Task<int> Review(byte[] spec)
    {
        if (_state is not null)
            return (int)LedgerStatus.AlreadyDone;
        var review = RequestSpec.FromBytes(spec);
        Invariant.Assert(review.Review is not null);
        Invariant.Assert(Keys.Request(review.Id) == Key);
        var @case = review.Review.Case == Hash32.Zero ? null : await ledger.FindSlashAsync(review.Review.Case, default);
        var result = await ledger.CommitAsync(Settlement.Accept(review, @case), default);
        if (result.Status != LedgerStatus.Ok)
            return (int)result.Status;
        log.ReviewOpened(review.Id.ToString(), review.Review.Kind.ToString(), review.Review.Origin.ToString(), review.Review.Panel);
        _state = RequestMachine.Open(review);
        await Begin();
        return (int)LedgerStatus.Ok;
    }

    public async Task<DisputeReply> Dispute(string account)
    {
        var now = time.GetUtcNow();
        if (Disputes.Refusal(_state, _settled ? _receipt : null, account, now, options) is { } refused)
            return refused;
        var dispute = Disputes.Spec(_state!, now, options);
        var opened = await GrainFactory.GetGrain<IRequestGrain>(Keys.Request(dispute.Id)).Review(dispute.ToBytes());
        return Disputes.Reply((LedgerStatus)opened, dispute);
    }

    public IAsyncEnumerable<AnswerEvent> Watch(int from, CancellationToken cancellationToken = default) =>
        _state is null ? AsyncEnumerable.Empty<AnswerEvent>() : _answer.Watch(from, cancellationToken);

    public Task Cancel() => Happened(new RequestEvent.CancelRequested());

    public Task Receive(string node, byte[] message)
    {
        var (from, said) = (NodeId.Parse(node), NodeMessage.FromBytes(message));
        if (said is not NodeMessage.SignedAnswer signed)
            return Happened(new RequestEvent.Received(from, said));
        Keep(from, signed.Signature);
        return Task.CompletedTask;
    }

    public Task NodeLost(string node) => Happened(new RequestEvent.NodeLost(NodeId.Parse(node)));

    public Task Sweep() => Happened(new RequestEvent.Ticked());

    public Task<PromptText> Prompt() => Task.FromResult(
        _state is { } state && tokenizers.Find(state.Spec.Model.Id) is { } tokenizer
            ? PromptTexts.Of(state.Spec.Prompt, tokenizer)
            : throw new InvalidOperationException("There is no such request, or its model is no longer known here."));

    public Task<RequestInfo?> Describe() =>
        Task.FromResult(_state is null ? null : new RequestInfo(
            _state.Spec.Account,
            RequestView.Build(_state, _receipt?.Receipt.FinishedAt).ToJsonString(),
            _receipt is null || !_settled ? null : ReceiptFile.Write(_receipt))
        {
            Form = _state.Spec.Review is null ? _state.Spec.Note.Form : "",
            Model = _state.Spec.Model.Id,
            Streaming = _state.Spec.Streaming,
            ToolCalls = (int)(tokenizers.Find(_state.Spec.Model.Id)?.ToolCalls ?? ToolCallFormat.None),
            CreatedAt = _state.Spec.CreatedAt,
            Outcome = _answer.End?.Status ?? "",
            Reason = _answer.End?.Reason ?? "",
        });

    /// <summary>Runs the machine until it has nothing more to do. Calls of one activation never overlap, so no decision is held across an await.</summary>
    private async Task Happened(RequestEvent happened)
    {
        if (_state is null)
            return;
        _happened.Enqueue(happened);
        while (_happened.TryDequeue(out var next))
        {
            var step = _machine.Step(_state, next, time.GetUtcNow());
            _state = step.State;
            foreach (var effect in step.Effects)
                await Do(effect);
        }

        if (_state.IsTerminal && !_settled)
            await Settle();
        else if (!_state.IsTerminal)
            Arm(RequestMachine.NextDue(_state) - time.GetUtcNow());
    }

    private async Task Do(RequestEffect effect)
    {
        switch (effect)
        {
            case RequestEffect.DrawNodes e:
                _happened.Enqueue(new RequestEvent.Drawn(e.Purpose, await Drawing.DrawAsync(e, _state!, _dearest)));
                break;
            case RequestEffect.DrawAudit:
                _happened.Enqueue(new RequestEvent.AuditDrawn((await Drawing.NextAsync(1))[0]));
                break;
            case RequestEffect.Deliver:
                End();
                break;
            case RequestEffect.Send e:
                await Send(e.Node, e.Message);
                break;
            case RequestEffect.Publish e:
                Publish(e);
                break;
            case RequestEffect.Jail e:
                await GrainFactory.GetGrain<INodeGrain>(Keys.Node(e.Node)).Jail(e.Reason);
                break;
            case RequestEffect.Finish:
                break;
        }
    }

    private async Task Send(NodeId node, CoordinatorMessage message)
    {
        var grain = GrainFactory.GetGrain<INodeGrain>(Keys.Node(node));
        var asksSomething = message is not (CoordinatorMessage.Closed or CoordinatorMessage.Cancel);
        try
        {
            if (message is CoordinatorMessage.Closed)
                await grain.Release(Key);
            var engaged = asksSomething ? await grain.Engage(Key, Unchecked(node, message).Value) : EngageStatus.Ok;
            if (engaged == EngageStatus.Full)
            {
                // No fault of the node's: another is drawn.
                _happened.Enqueue(new RequestEvent.Received(node, new NodeMessage.Refuse(_state!.Spec.Id, "its collateral covers no more")));
                return;
            }

            var reached = engaged == EngageStatus.Ok && await grain.Send(Traced(message).ToBytes());
            if (!reached && asksSomething)
                _happened.Enqueue(new RequestEvent.NodeLost(node));
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            log.NodeUnreachable(node.ToString(), e.Message);
            if (asksSomething)
                _happened.Enqueue(new RequestEvent.NodeLost(node));
        }
    }

    /// <summary>What a node does for a request is part of the trace that the request was made in.</summary>
    private CoordinatorMessage Traced(CoordinatorMessage message) => message switch
    {
        CoordinatorMessage.Work work => work with { Trace = NetworkMetrics.TraceParent(_trace) },
        CoordinatorMessage.Check check => check with { Trace = NetworkMetrics.TraceParent(_trace) },
        _ => message,
    };

    /// <summary>P6.3: what the node could be paid for an answer that nobody looks at.</summary>
    private Micros Unchecked(NodeId node, CoordinatorMessage message) =>
        message is CoordinatorMessage.Work && Wanted.Of(_state!.Spec) is { IsUnchecked: true } wanted
            ? wanted.Price(_state.Participants.Find(p => p.Node == node)!.Draw.Chosen)
            : Micros.Zero;

    private async Task Settle()
    {
        Invariant.Assert(_state is { IsTerminal: true });
        using var span = NetworkMetrics.Traces.StartActivity("settle", ActivityKind.Internal, _trace);
        span?.SetTag("atoma.request.id", _state.Spec.Id.ToString()).SetTag("atoma.status", RequestView.Name(_state.Phase));
        try
        {
            var (result, receipt) = await _settler.FinishAsync(_state, time.GetUtcNow());
            // The hold is looked at before the row: another activation that decided otherwise shows there first.
            var isElsewhere = result.Status is LedgerStatus.VersionConflict or LedgerStatus.HoldPosted or LedgerStatus.HoldVoided;
            if (isElsewhere)
            {
                // What the first one stored is what happened.
                log.SettledElsewhere(_state.Spec.Id.ToString());
                var stored = (await ledger.FindRequestAsync(_state.Spec.Id, default))!;
                receipt = RequestRows.Receipt(stored)!;
                _state = receipt.Receipt.State;
            }
            else
            {
                Invariant.Assert(result.Succeeded);
            }

            _receipt = receipt;
            _settled = true;
            _timer?.Dispose();
            _timer = null;
            if (_state.Phase == RequestPhase.Settled)
                status.MarkServed();
            if (!isElsewhere)
                NetworkMetrics.Ended(_state, receipt.Receipt.FinishedAt);
            log.RequestEnded(_state.Spec.Id.ToString(), RequestView.Name(_state.Phase), _state.Refund.ToString(),
                _state.Answer?.OutputCount ?? 0, _state.Price.Value, _state.Convictions.Count);
            // The requester waits for nothing of what follows.
            End();
            if (!isElsewhere)
                await FollowUp();
        }
        catch (Exception e) when (e is not InvariantException)
        {
            log.SettlementDelayed(_state.Spec.Id.ToString(), e.Message);
            Arm(SettleRetry);
        }
    }

    /// <summary>The request is over and in the books, whatever becomes of this.</summary>
    private async Task FollowUp()
    {
        try
        {
            await new Followup(GrainFactory, options).AfterAsync(_state!, time.GetUtcNow());
        }
        catch (Exception e) when (e is not InvariantException)
        {
            log.FollowupFailed(_state!.Spec.Id.ToString(), e.Message);
        }
    }

    private void Publish(RequestEffect.Publish effect)
    {
        if (_text is null || _logprobs is null)
            return;
        var fresh = _text.Add(effect.Tokens);
        _logprobs.Add(effect.Shown);
        _answer.Append(fresh, logprobs: _logprobs.Take(_text.TokensShown(final: false)), prompt: PromptLogprobs(effect.Prompt));
    }

    /// <summary>Once, with what is shown first.</summary>
    private IReadOnlyList<TokenLogprobs> PromptLogprobs(IReadOnlyList<TranscriptChunk> scores)
    {
        if (_promptShown)
            return [];
        _promptShown = true;
        return AnswerLogprobs.OfPrompt(_state!.Spec.Prompt, scores, _state.Spec.Parameters, tokenizers.Find(_state.Spec.Model.Id)!);
    }

    private void End()
    {
        var rest = _text?.Finish() ?? "";
        var end = AnswerEnds.Of(_state!, tokenizers.Find(_state!.Spec.Model.Id));
        _answer.Append(rest, end, _logprobs?.Take(_text!.TokensShown(final: true)));
    }

    private void Arm(TimeSpan due)
    {
        if (due < TimeSpan.Zero)
            due = TimeSpan.Zero;
        if (_timer is null)
            _timer = this.RegisterGrainTimer(_ => Happened(new RequestEvent.Ticked()), new GrainTimerCreationOptions(due, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        else
            _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private static SubmitReply Refused(SubmitStatus why, string message) => new(why, message, "", "", 0, 0);

    private static SubmitReply Existing(RequestSpec spec, ITokenizer? tokenizer) =>
        new(SubmitStatus.Existing, "", spec.Id.ToString(), spec.Integrity.ToString(), spec.Prompt.Count, spec.Hold.Value, (int)(tokenizer?.ToolCalls ?? ToolCallFormat.None));

    /// <summary>What the idempotency key was used for before; null when it was not, or there is none.</summary>
    private async Task<SubmitReply?> EarlierAsync(SubmitCall call, Hash32 asked)
    {
        if (call.IdempotencyKey.Length == 0 || await ledger.FindRequestAsync(call.Account, call.IdempotencyKey, default) is not { } earlier)
            return null;
        var then = RequestRows.Spec(earlier);
        return then.Note.Asked == asked
            ? Existing(then, tokenizers.Find(then.Model.Id))
            : Refused(SubmitStatus.IdempotencyConflict, "This Idempotency-Key was used for a different request. Use a new key for a new request.");
    }
}
