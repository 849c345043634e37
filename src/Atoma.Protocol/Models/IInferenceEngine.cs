using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Models;

/// <summary>What a node is asked to generate.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="Parameters">Sampling parameters with the seed. Prompt and MaxTokens together fit the context length.</param>
/// <param name="Flow">Whose it is, as a number that stands for an account: a full engine is fair between flows.</param>
public sealed record GenerationTask(Hash32 Request, IReadOnlyList<int> Prompt, SamplingParameters Parameters, ulong Flow = 0);

/// <summary>One generated token.</summary>
/// <param name="Evidence">What it was sampled from; its first entry is the token.</param>
/// <param name="Finish">Set on the last step only.</param>
public readonly record struct GeneratedStep(PositionEvidence Evidence, FinishReason? Finish);

/// <summary>Why an engine does not take or finish a task. Append only.</summary>
public enum EngineRefusal
{
    /// <summary>All slots busy and the queue full: try again later.</summary>
    QueueFull = 1,

    /// <summary>Prompt and max_tokens together exceed the context length.</summary>
    ContextExceeded = 2,

    /// <summary>A token id outside the vocabulary, or no prompt.</summary>
    BadPrompt = 3,

    /// <summary>The native library failed; the engine may have recovered.</summary>
    EngineFault = 4,

    /// <summary>The engine is shutting down.</summary>
    Stopping = 5,

    /// <summary>Not one of the models served here.</summary>
    UnknownModel = 6,

    /// <summary>The model needs more memory than there is for all models together.</summary>
    MemoryNever = 7,

    /// <summary>The models in memory are at work, and enough tasks wait for one of them to go, or this one waited long enough: try again later.</summary>
    MemoryBusy = 8,

    /// <summary>The model's file could not be loaded.</summary>
    LoadFailed = 9,
}

/// <summary>A task that the engine refused or could not finish.</summary>
public sealed class EngineRefusedException(EngineRefusal reason, string message) : Exception(message)
{
    public EngineRefusedException()
        : this(EngineRefusal.EngineFault, "The engine refused.")
    {
    }

    public EngineRefusedException(string message)
        : this(EngineRefusal.EngineFault, message)
    {
    }

    public EngineRefusedException(string message, Exception innerException)
        : this(EngineRefusal.EngineFault, message + " " + innerException.Message)
    {
    }

    public EngineRefusal Reason => reason;
}

/// <summary>
/// A model loaded and ready to generate and to check. Safe to call from many threads at once; tasks are batched together.
/// Generating and checking are exact within one <see cref="Echelon"/>: same task, same steps, same evidence.
/// </summary>
public interface IInferenceEngine : IAsyncDisposable
{
    ModelManifest Model { get; }

    Echelon Echelon { get; }

    ITokenizer Tokenizer { get; }

    /// <summary>Sequences it can run at once, and free ones now.</summary>
    EngineCapacity Capacity { get; }

    /// <summary>
    /// Streams the answer token by token; the last step carries the finish reason. Cancelling takes effect within one decode
    /// step and ends the stream with <see cref="OperationCanceledException"/>.
    /// </summary>
    /// <exception cref="EngineRefusedException">Not taken, or failed on the way.</exception>
    IAsyncEnumerable<GeneratedStep> GenerateAsync(GenerationTask task, CancellationToken cancellationToken);

    /// <summary>
    /// The embedding of each input of a task that asks for them, in their order: exact within one <see cref="Echelon"/>, whatever
    /// else is computed. <see cref="CheckAsync(GenerationTask, Transcript, CancellationToken)"/> computes them again and compares every bit.
    /// </summary>
    /// <exception cref="EngineRefusedException">Not taken, or failed on the way.</exception>
    Task<IReadOnlyList<EmbeddingVector>> EmbedAsync(GenerationTask task, CancellationToken cancellationToken);

    /// <summary>
    /// Evidence of the prompt's own tokens, in chunks, for a task that asks for it (<see cref="PromptScores"/>): the bits that generating
    /// the same tokens after each other would show. What it computes, generating the task's answer afterwards need not compute again.
    /// </summary>
    /// <exception cref="EngineRefusedException">Not taken, or failed on the way.</exception>
    Task<IReadOnlyList<TranscriptChunk>> ScoreAsync(GenerationTask task, CancellationToken cancellationToken);

    /// <summary>
    /// Stage 2 (P7.4): one prefill of prompt and claimed output, own evidence at every output position compared exactly with
    /// the claimed one, that of a scored prompt too, and the claimed end with the own one. The transcript's prompt, parameters and model must be those of
    /// the task, else a mismatch at position 0.
    /// </summary>
    /// <exception cref="EngineRefusedException">Not taken, or failed on the way.</exception>
    Task<CheckOutcome> CheckAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken);

    /// <summary>
    /// Both stages on an answer that is still being written, exactly as above: chunks are checked as they come, all full but the
    /// last. A mismatch is returned at once and says something of the committed answer only if that begins with these chunks; a
    /// match is returned when the commitment is known and is that of these chunks. Not for a task that scores its prompt.
    /// </summary>
    /// <exception cref="EngineRefusedException">Not taken, or failed on the way.</exception>
    Task<CheckOutcome> CheckAsync(GenerationTask task, IAsyncEnumerable<TranscriptChunk> chunks, Task<CommittedEnd> end, CancellationToken cancellationToken);

    /// <summary>
    /// Stage 2 for an answer of another echelon (P7.4): the same prefill, but how far each position is from the own model instead
    /// of whether it is equal. <see cref="StatisticalCheck.Judge"/> turns it into a verdict. Scores of the prompt are not observed.
    /// </summary>
    /// <exception cref="EngineRefusedException">Not taken, or failed on the way.</exception>
    Task<AnswerObservation> ObserveAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken);
}

/// <summary>How an answer ended that was checked while it was written.</summary>
/// <param name="Finish">The claimed reason.</param>
/// <param name="Digest">Of the transcript that was committed to.</param>
public readonly record struct CommittedEnd(FinishReason Finish, Hash32 Digest);

/// <param name="Slots">Sequences that can run at once.</param>
/// <param name="Busy">Sequences running.</param>
/// <param name="Queued">Tasks waiting for a slot.</param>
/// <param name="QueueLimit">Tasks that may wait.</param>
public readonly record struct EngineCapacity(int Slots, int Busy, int Queued, int QueueLimit);
