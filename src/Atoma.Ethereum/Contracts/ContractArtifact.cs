using System.Reflection;
using System.Text.Json;
using Atoma.Ethereum.JsonRpc;

namespace Atoma.Ethereum.Contracts;

/// <summary>A compiled contract of ours, as it is committed in contracts/artifacts and built into this assembly.</summary>
/// <param name="Name">Of the contract.</param>
/// <param name="Bytecode">Initialisation code; the constructor's arguments follow it.</param>
public sealed record ContractArtifact(string Name, ReadOnlyMemory<byte> Bytecode)
{
    public static ContractArtifact Settlement { get; } = Load("AtomaSettlement");

    public static ContractArtifact Gateway { get; } = Load("InferenceGateway");

    /// <summary>A token of which its owner makes as much as it wants: for local chains only.</summary>
    public static ContractArtifact DevelopmentToken { get; } = Load("DevelopmentToken");

    private static ContractArtifact Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{name}.json")
            ?? throw new InvalidOperationException($"The artifact of {name} is not built in.");
        using var document = JsonDocument.Parse(stream);
        return new ContractArtifact(name, JsonRpcHex.Bytes(document.RootElement.GetProperty("bytecode")));
    }
}
