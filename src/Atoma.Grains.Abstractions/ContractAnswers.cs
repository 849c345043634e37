namespace Atoma.Grains.Abstractions;

/// <summary>How a contract's request ended, with the signatures that came in so far.</summary>
/// <param name="Result">UTF-8 of the answer; null when there is none.</param>
/// <param name="Reason">Why there is none; empty when there is one.</param>
/// <param name="PriceMicros">What it cost.</param>
/// <param name="Nodes">Whose answer it is: all of them have to sign it.</param>
/// <param name="Signatures">Of these nodes, checked.</param>
[GenerateSerializer, Alias("atoma.ContractOutcome"), Immutable]
public sealed record ContractOutcome(
    [property: Id(0)] byte[]? Result, [property: Id(1)] string Reason, [property: Id(2)] long PriceMicros, [property: Id(3)] IReadOnlyList<string> Nodes,
    [property: Id(4)] IReadOnlyList<NodeSignature> Signatures);

/// <param name="Node">Who.</param>
/// <param name="Signature">65 bytes.</param>
[GenerateSerializer, Alias("atoma.NodeSignature"), Immutable]
public sealed record NodeSignature([property: Id(0)] string Node, [property: Id(1)] byte[] Signature);
