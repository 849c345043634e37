using System.Collections.Concurrent;
using System.Security.Cryptography;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Silo.Hosting;

/// <summary>Answers weight challenges from the files that this silo was started with, once it has made sure that they are the models' own.</summary>
internal sealed class ModelWeights(SiloSettings settings) : IModelWeights
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Hash32?>>> _digests = new(StringComparer.Ordinal);

    public async Task<Hash32?> AnswerAsync(ModelManifest model, Hash32 seed, CancellationToken cancellationToken)
    {
        if (settings.Models.FirstOrDefault(m => m.Id == model.Id) is not { } file)
            return null;
        if (await _digests.GetOrAdd(file.Path, path => new Lazy<Task<Hash32?>>(() => DigestAsync(path))).Value != model.Digest)
            return null;
        try
        {
            await using var stream = File.OpenRead(file.Path);
            return WeightChallenge.DigestOf(seed, stream);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<Hash32?> DigestAsync(string path)
    {
        try
        {
            await using var stream = File.OpenRead(path);
            return new Hash32(await SHA256.HashDataAsync(stream));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
