using Atoma.Protocol.Common;

namespace Atoma.Protocol.Requests;

/// <summary>
/// What the requester's side keeps with a request. It lies in the store beside the request and in no receipt: it decides nothing
/// about the answer or its price.
/// </summary>
/// <param name="Asked">Digest of what was submitted, as it was asked: what an idempotency key stands for.</param>
/// <param name="Form">How the answer is to be written for its requester; text that only the API reads. At most <see cref="FormLength"/> characters.</param>
public sealed record RequesterNote(Hash32 Asked, string Form)
{
    /// <summary>Names of 128 functions of 64 characters and ids of eight requests are about 10,000 characters.</summary>
    public const int FormLength = 16_384;

    /// <summary>Of requests that nobody submitted.</summary>
    public static readonly RequesterNote None = new(Hash32.Zero, "");

    public void Write(CanonicalWriter w) => w.Hash(Asked).Text(Form);

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static RequesterNote Read(ref CanonicalReader r) => new(r.Hash(), r.Text(FormLength * 4));
}
