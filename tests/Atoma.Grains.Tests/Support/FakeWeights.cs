using System.Collections.Concurrent;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Support;

/// <summary>The coordinator's model files: only those that a test puts there.</summary>
internal sealed class FakeWeights : IModelWeights
{
    public ConcurrentDictionary<Hash32, byte[]> Files { get; } = new();

    public Task<Hash32?> AnswerAsync(ModelManifest model, Hash32 seed, CancellationToken cancellationToken)
    {
        if (!Files.TryGetValue(model.Digest, out var file))
            return Task.FromResult<Hash32?>(null);
        using var stream = new MemoryStream(file);
        return Task.FromResult<Hash32?>(WeightChallenge.DigestOf(seed, stream));
    }
}
