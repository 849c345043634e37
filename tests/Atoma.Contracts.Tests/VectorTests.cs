using System.Text.Json;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;

namespace Atoma.Contracts.Tests;

/// <summary>
/// contracts/test/vectors.json holds what a node signs; test/unit/Vectors.t.sol checks that the contracts take the same bytes for the
/// same things.
/// </summary>
public class VectorTests
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [Fact]
    public void Vectors_AreWhatTheProtocolSigns()
    {
        var vectors = new Vectors(Hex(Eip712.DomainSeparator(SigningDomain.NoChain)), [Case(1), Case(2), Case(3)]);
        var expected = JsonSerializer.Serialize(vectors, Json).ReplaceLineEndings("\n") + "\n";
        var committed = File.ReadAllText(Path.Combine(ContractsFolder.Root, "test", "vectors.json")).ReplaceLineEndings("\n");
        Assert.True(expected == committed, $"contracts/test/vectors.json should hold:\n{expected}");
    }

    private static VectorCase Case(byte number)
    {
        using var node = NodeKey.FromBytes(Secret(number));
        using var account = NodeKey.FromBytes(Secret((byte)(number + 100)));
        var name = account.Id.ToString().ToLowerInvariant(); // the contracts write an address without the mixed case of its checksum
        var nonce = Hash32.Sha256([number, 1]);
        var request = RequestSpec.IdOf(name, nonce);
        var values = new[] { Hash32.Sha256([number, 2]), Hash32.Sha256([number, 3]) };
        return new VectorCase(
            Hex(Secret(number)), node.Id.ToString(), name, Hex(nonce), Hex(request),
            [.. values.Select(value => Signed(node, request, value))]);
    }

    private static VectorCommitment Signed(NodeKey node, Hash32 request, Hash32 value) =>
        new(Hex(value), Hex(SigningDomain.Commitment(request, node.Id, value)), Hex(Commitment.Sign(node, request, value).Signature));

    private static string Hex(Hash32 hash) => $"0x{hash}";

    private static string Hex(byte[] bytes) => $"0x{Convert.ToHexStringLower(bytes)}";

    private static byte[] Secret(byte number) => [.. Enumerable.Repeat(number, 32)];

    private sealed record Vectors(string CommitmentDomain, VectorCase[] Cases);

    /// <param name="Secret">Private key of the node, of these vectors only.</param>
    /// <param name="Node">Its address.</param>
    /// <param name="Account">The name of the requester's account: its address in lower case.</param>
    /// <param name="Nonce">Nonce of the request.</param>
    /// <param name="Request">Id of the request.</param>
    /// <param name="Commitments">Two, to different values.</param>
    private sealed record VectorCase(string Secret, string Node, string Account, string Nonce, string Request, VectorCommitment[] Commitments);

    private sealed record VectorCommitment(string Value, string Digest, string Signature);
}
