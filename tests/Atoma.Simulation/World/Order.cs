using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Simulation.World;

/// <summary>What a requester wants, before it is a request on fixed terms.</summary>
/// <param name="Account">Who pays.</param>
/// <param name="Key">Idempotency key.</param>
/// <param name="Nonce">The requester's own.</param>
/// <param name="Level">How much integrity.</param>
/// <param name="Prompt">Prompt tokens.</param>
/// <param name="Parameters">How to sample.</param>
/// <param name="Streaming">Provisional tokens are kept.</param>
/// <param name="CancelAfter">Cancels once it has read this many tokens.</param>
internal sealed record Order(
    string Account, string Key, Hash32 Nonce, IntegrityLevel Level, IReadOnlyList<int> Prompt, SamplingParameters Parameters, bool Streaming, int? CancelAfter)
{
    public Hash32 Id { get; } = RequestSpec.IdOf(Account, Nonce);
}
