using System.Runtime.CompilerServices;
using Atoma.Inference.Gguf;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>Embeds inputs and checks embeddings. Each input waits in the queue by itself, so that many of them do not hold up others.</summary>
/// <param name="length">Values of an embedding; 0 when the model has none.</param>
/// <param name="pooling">The model's.</param>
/// <param name="run">Gives a job to the engine thread.</param>
internal sealed class Embedder(int length, GgufPooling pooling, Func<EmbeddingJob, CancellationToken, Task<EmbeddingVector>> run)
{
    /// <exception cref="EngineRefusedException">The model has no embeddings, or the engine failed.</exception>
    public async IAsyncEnumerable<EmbeddingVector> EmbedAsync(GenerationTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (length == 0)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, "The model has no embeddings: its file asks for a classifier's or a ranker's output.");
        var next = 0;
        foreach (var count in task.Parameters.InputLengths)
        {
            yield return await run(new EmbeddingJob([.. task.Prompt.Skip(next).Take(count)], task.Flow, length, pooling), cancellationToken);
            next += count;
        }
    }

    /// <summary>Stage 2 inside an echelon (P7.4): every bit of every vector. Ends at the first difference.</summary>
    /// <param name="task">What was asked.</param>
    /// <param name="claimed">For this task, as <see cref="Admission.Judge"/> found.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineRefusedException">As above.</exception>
    public async Task<CheckOutcome> CheckAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken)
    {
        if (EmbeddingRules.Replay(claimed, length) is { } fault)
            return CheckOutcome.Mismatch(fault.Position, fault.Reason);
        var position = 0;
        await foreach (var own in EmbedAsync(task, cancellationToken))
        {
            if (!own.Equals(claimed.Vectors[position]))
                return CheckOutcome.Mismatch(position, "claims an embedding that the model does not give");
            position++;
        }

        return CheckOutcome.Match;
    }
}
