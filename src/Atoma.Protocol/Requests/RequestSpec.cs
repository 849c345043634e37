using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

/// <summary>How an answer is checked. Stored: append only.</summary>
public enum Comparison : byte
{
    /// <summary>Bit by bit, inside one echelon in invariant mode: a mismatch is hard evidence.</summary>
    Exact = 0,

    /// <summary>By thresholds learnt from honest runs: soft evidence, judged over many answers (P8.1).</summary>
    Statistical = 1,
}

/// <summary>What was asked, on which terms: fixed when the request is accepted (P5.1).</summary>
/// <param name="Id">See <see cref="IdOf"/>.</param>
/// <param name="Account">The requester's account.</param>
/// <param name="IdempotencyKey">Empty, or the requester's key.</param>
/// <param name="Model">The model.</param>
/// <param name="Prompt">Prompt tokens.</param>
/// <param name="Parameters">Sampling parameters with the seed.</param>
/// <param name="Integrity">Level, resolved when an assurance was asked for.</param>
/// <param name="Nonce">Chosen by the requester's side before any beacon step was known (P3.2).</param>
/// <param name="Streaming">Provisional tokens are shown, so a wrong answer cannot be silently replaced.</param>
/// <param name="Terms">Price terms beyond the nodes' own prices.</param>
/// <param name="Hold">Upper bound held in escrow.</param>
/// <param name="CreatedAt">When it was accepted, whole milliseconds.</param>
/// <param name="Deadline">By when it is terminal, whole milliseconds.</param>
public sealed record RequestSpec(
    Hash32 Id, string Account, string IdempotencyKey, ModelManifest Model, IReadOnlyList<int> Prompt, SamplingParameters Parameters,
    IntegrityLevel Integrity, Hash32 Nonce, bool Streaming, PriceTerms Terms, Micros Hold, DateTimeOffset CreatedAt, DateTimeOffset Deadline)
{
    public const int AccountLength = 64;
    public const int IdempotencyKeyLength = 128;

    /// <summary>Account of what the network asks for itself: canaries, and reviews of them.</summary>
    public const string NetworkAccount = "network";

    /// <summary>How checkers compare (P7.4).</summary>
    public Comparison Comparison { get; init; }

    /// <summary>The answer under review, where nothing is to be generated.</summary>
    public Review? Review { get; init; }

    /// <summary>What the requester's side keeps with it; not part of these bytes, nor of a receipt.</summary>
    public RequesterNote Note { get; init; } = RequesterNote.None;

    /// <summary>Checkers of the answer, where it is checked at all.</summary>
    public int Checkers => Integrity.Kind == IntegrityKind.Sampled ? Terms.AuditCheckers : Integrity.Checkers;

    /// <summary>Tokens of the prompt as they are charged.</summary>
    public int InputTokens => PriceTerms.InputTokens(Parameters, Prompt.Count);

    /// <summary>Votes needed among them: ⌊k/2⌋+1.</summary>
    public int Quorum => Checkers / 2 + 1;

    /// <summary>Where money goes that is owed to the requester outside the hold.</summary>
    public LedgerAccount Requester => Account == NetworkAccount ? LedgerAccount.Treasury : LedgerAccount.User(Account);

    /// <summary>H(account ‖ nonce): the coordinator cannot choose it.</summary>
    public static Hash32 IdOf(string account, Hash32 nonce) =>
        new CanonicalWriter().Text("atoma/request/1").Text(account).Hash(nonce).Sha256();

    /// <summary>The seed of a request that names none (P7.1): from its id, which neither node nor coordinator can choose.</summary>
    public static ulong DrawnSeed(Hash32 id) => Prf.Derive("atoma/seed/1", id.ToArray()).High64;

    /// <summary>A number that stands for the account at one node: another at every other node, so that they cannot tell who asks both.</summary>
    public ulong FlowAt(NodeId node) => new CanonicalWriter().Text("atoma/flow/1").Text(Account).Node(node).Sha256().High64;

    public GenerationTask Task => new(Id, Prompt, Parameters);

    public void Write(CanonicalWriter w)
    {
        w.Hash(Id).Text(Account).Text(IdempotencyKey);
        Model.Write(w);
        w.Tokens([.. Prompt]);
        Parameters.Write(w);
        w.Byte((byte)Integrity.Kind).Byte((byte)Integrity.Count).Hash(Nonce).Bool(Streaming)
            .Int32(Terms.CheckPermille).Int32(Terms.FeePermille).Int32(Terms.AuditPpm).Byte((byte)Terms.AuditCheckers).Byte((byte)Comparison).Money(Hold)
            .Int64(CreatedAt.ToUnixTimeMilliseconds()).Int64(Deadline.ToUnixTimeMilliseconds()).Bool(Review is not null);
        Review?.Write(w);
    }

    public byte[] ToBytes()
    {
        var writer = new CanonicalWriter();
        Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static RequestSpec FromBytes(ReadOnlySpan<byte> bytes)
    {
        var reader = new CanonicalReader(bytes);
        var spec = Read(ref reader);
        reader.End();
        return spec;
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static RequestSpec Read(ref CanonicalReader r)
    {
        var id = r.Hash();
        var account = r.Text(AccountLength * 4);
        var key = r.Text(IdempotencyKeyLength * 4);
        var model = ModelManifest.Read(ref r);
        var prompt = r.Tokens(VerificationLimits.PromptTokens);
        var parameters = SamplingParameters.Read(ref r);
        if (parameters.IsEmbedding && parameters.InputLengths.Sum() != prompt.Length)
            throw new CanonicalFormatException("The inputs do not make up the prompt.");
        if (PromptScores.Refusal(parameters, prompt.Length) is { } unscored)
            throw new CanonicalFormatException(unscored);
        var kind = r.Byte();
        var count = r.Byte();
        var level = new IntegrityLevel((IntegrityKind)kind, count);
        if (!IntegrityLevel.TryParse(level.ToString(), out var known) || known != level)
            throw new CanonicalFormatException("Unknown integrity level.");
        var nonce = r.Hash();
        var streaming = r.Bool();
        var terms = new PriceTerms(r.Int32(), r.Int32(), r.Int32(), r.Byte());
        // Prices are recomputed from these: out of range they would break the arithmetic instead of the receipt.
        if (terms.CheckPermille is < 0 or > PriceTerms.CheckPermilleMax || terms.FeePermille is < 0 or > 1000
            || terms.AuditPpm is < 0 or > Audit.Certain || terms.AuditCheckers is < 1 or > IntegrityLevel.CheckersMax)
            throw new CanonicalFormatException("A price term is out of range.");
        var comparison = r.Byte();
        if (comparison > (byte)Comparison.Statistical)
            throw new CanonicalFormatException("Unknown comparison.");
        var spec = new RequestSpec(id, account, key, model, prompt, parameters, level, nonce, streaming, terms, r.Money(), Time(r.Int64()), Time(r.Int64()));
        return spec with { Comparison = (Comparison)comparison, Review = r.Bool() ? Review.Read(ref r) : null };
    }

    private static DateTimeOffset Time(long unixMs) =>
        unixMs is >= 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs)
            : throw new CanonicalFormatException("A time is out of range.");
}
