using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Nodes;

/// <summary>A node's signed registration (P2.1).</summary>
/// <param name="Node">Address of the node's key.</param>
/// <param name="EndpointKind"><c>silo</c> (in process) or <c>gateway</c>.</param>
/// <param name="Country">ISO 3166 code, or empty.</param>
/// <param name="Timestamp">Unix seconds at signing.</param>
/// <param name="Signature">65 bytes over <see cref="SigningDomain.Registration"/>.</param>
public sealed record Registration(NodeId Node, string EndpointKind, string Country, ulong Timestamp, byte[] Signature)
{
    public static Registration Sign(ISigner signer, string endpointKind, string country, ulong timestamp) =>
        new(signer.Id, endpointKind, country, timestamp, signer.Sign(SigningDomain.Registration(signer.Id, endpointKind, country, timestamp)));

    public bool IsSigned(ISignatureScheme scheme) =>
        scheme.Recover(SigningDomain.Registration(Node, EndpointKind, Country, Timestamp), Signature) == Node;

    public void Write(CanonicalWriter writer) =>
        writer.Node(Node).Text(EndpointKind).Text(Country).UInt64(Timestamp).Raw(Signature);

    public static Registration Read(ref CanonicalReader reader) =>
        new(reader.Node(), reader.Text(NodeLimits.TextLength), reader.Text(NodeLimits.TextLength), reader.UInt64(),
            reader.Take(Commitment.SignatureLength).ToArray());
}

/// <summary>What a node offers: one model at its prices (P2.6).</summary>
/// <param name="Model">The model as loaded and hashed by the node.</param>
/// <param name="Echelon">Its replay class.</param>
/// <param name="InputPrice">Per 1,000 prompt tokens.</param>
/// <param name="OutputPrice">Per 1,000 output tokens.</param>
/// <param name="Slots">Sequences it runs at once, ≥ 1.</param>
/// <param name="MaxContext">Tokens of prompt and output together.</param>
/// <param name="Answers">Output of the known-answer prompts (P2.5), one digest for each, proving the echelon.</param>
public sealed record Subscription(
    ModelManifest Model, Echelon Echelon, Micros InputPrice, Micros OutputPrice, int Slots, int MaxContext, IReadOnlyList<Hash32> Answers)
{
    /// <summary>v: what a check costs the node relative to generating, as it measured it when it started (P4, P7), in permille; 0 where it did not.</summary>
    public int CheckPermille { get; init; }

    /// <summary>Known answers carried: one per prompt of the echelon's set.</summary>
    public const int AnswersMax = 16;

    public void Write(CanonicalWriter writer)
    {
        Model.Write(writer);
        Echelon.Write(writer);
        writer.Money(InputPrice).Money(OutputPrice).Int32(Slots).Int32(MaxContext).Count(Answers.Count);
        foreach (var answer in Answers)
            writer.Hash(answer);
        writer.Int32(CheckPermille);
    }

    /// <exception cref="CanonicalFormatException">Not well formed, or out of range.</exception>
    public static Subscription Read(ref CanonicalReader reader)
    {
        var model = ModelManifest.Read(ref reader);
        var echelon = Echelon.Read(ref reader);
        var input = reader.Money();
        var output = reader.Money();
        var slots = reader.Int32();
        var context = reader.Int32();
        var answers = new Hash32[reader.Count(AnswersMax)];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = reader.Hash();
        var check = reader.Int32();
        if (check is < 0 or > PriceTerms.CheckPermilleMax)
            throw new CanonicalFormatException("The cost of a check is out of range.");
        if (input.Value is < 0 or > NodeLimits.PriceMax || output.Value is < 0 or > NodeLimits.PriceMax)
            throw new CanonicalFormatException("A price is out of range.");
        if (slots is < 1 or > NodeLimits.SlotsMax || context < 2)
            throw new CanonicalFormatException("A subscription offers at least one slot and a context of two tokens.");
        return new Subscription(model, echelon, input, output, slots, context, answers) { CheckPermille = check };
    }
}
