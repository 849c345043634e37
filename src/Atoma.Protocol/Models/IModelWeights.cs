using Atoma.Protocol.Common;

namespace Atoma.Protocol.Models;

/// <summary>The coordinator's own copies of model files, to judge weight challenges by (P7.6).</summary>
public interface IModelWeights
{
    /// <summary>The right answer to a challenge; null when no file with this digest is here.</summary>
    /// <param name="model">The model as the network knows it.</param>
    /// <param name="seed">The challenge.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<Hash32?> AnswerAsync(ModelManifest model, Hash32 seed, CancellationToken cancellationToken);
}
