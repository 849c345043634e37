using System.Threading.Channels;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Inference.Engine;

/// <summary>
/// One answer being generated. The engine thread alone advances it; the caller reads <see cref="Steps"/> and may cancel.
/// The channel has no bound of its own: a job writes at most max_tokens steps, so a slow reader holds up nobody.
/// </summary>
internal sealed class GenerationJob
{
    private readonly Channel<GeneratedStep> _steps = Channel.CreateUnbounded<GeneratedStep>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });

    private readonly SamplingState _state;
    private readonly FinishRule _finish;
    private readonly List<int> _output = [];
    private DraftLookup? _lookup;
    private volatile bool _cancelled;

    /// <param name="task">What was asked.</param>
    /// <param name="state">Fresh; the finish rule's.</param>
    /// <param name="finish">Fresh.</param>
    public GenerationJob(GenerationTask task, SamplingState state, FinishRule finish)
    {
        Prompt = [.. task.Prompt];
        Parameters = task.Parameters;
        Flow = task.Flow;
        _state = state;
        _finish = finish;
    }

    public int[] Prompt { get; }

    public SamplingParameters Parameters { get; }

    /// <summary>Whose it is, for the queue.</summary>
    public ulong Flow { get; }

    public ChannelReader<GeneratedStep> Steps => _steps.Reader;

    public bool IsCancelled => _cancelled;

    /// <summary>Prompt tokens computed so far.</summary>
    public int Fed { get; set; }

    public bool IsPrefilling => Fed < Prompt.Length;

    /// <summary>The token chosen last, to be fed next.</summary>
    public int LastToken { get; private set; }

    /// <summary>Output tokens chosen so far.</summary>
    public int Position => _state.Position;

    /// <summary>Chooses the next token from its row of logits; true when the answer has ended, as it should or because it could not go on.</summary>
    public bool Sample(Sampler sampler, ReadOnlySpan<float> logits)
    {
        if (!LogitRows.IsUsable(logits))
        {
            Fail(EngineRefusal.EngineFault, LogitRows.Unusable);
            return true;
        }

        try
        {
            return Accept(sampler.Choose(logits, _state));
        }
        catch (GrammarException e)
        {
            Fail(EngineRefusal.BadPrompt, e.Message);
            return true;
        }
    }

    /// <summary>What may follow the last token.</summary>
    public int[] Guess(int most)
    {
        if (_lookup is null)
        {
            _lookup = new DraftLookup(Prompt);
            foreach (var token in _output)
                _lookup.Add(token);
        }

        // With each guess comes one token more; the last may not be beyond max_tokens.
        return _lookup.Guess(Math.Clamp(Parameters.MaxTokens - Position - 1, 0, most)).ToArray();
    }

    private bool Accept(PositionEvidence evidence)
    {
        LastToken = evidence.Token;
        _output.Add(LastToken);
        _lookup?.Add(LastToken);
        _state.Accept(LastToken);
        var finish = _finish.Next(LastToken);
        _steps.Writer.TryWrite(new GeneratedStep(evidence, finish));
        if (finish is not null)
            _steps.Writer.TryComplete();
        return finish is not null;
    }

    /// <summary>From any thread; takes effect before the next decode step.</summary>
    public void Cancel() => _cancelled = true;

    public void End() => _steps.Writer.TryComplete(new OperationCanceledException("The generation was cancelled."));

    public void Fail(EngineRefusal reason, string message) => _steps.Writer.TryComplete(new EngineRefusedException(reason, message));
}
