using System.Reflection;
using System.Text.Json;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Contracts;

namespace Atoma.Ethereum.Tests.Contracts;

/// <summary>Every binding is what the compiler says it is, and nothing that changes a contract, happens in it or goes wrong is unbound.</summary>
public class BindingTests
{
    public static TheoryData<string, Type[]> Bindings { get; } = new()
    {
        { "AtomaSettlement", [typeof(SettlementCalls), typeof(SlashingCalls), typeof(ParameterCalls), typeof(SettlementContract), typeof(SettlementParameters), typeof(SettlementConfig)] },
        { "InferenceGateway", [typeof(GatewayCalls), typeof(GatewayContract), typeof(GatewayConfig)] },
        { "DevelopmentToken", [typeof(TokenCalls), typeof(TokenContract)] },
    };

    [Theory]
    [MemberData(nameof(Bindings))]
    public void Functions_OfTheAbi_AreBoundAsTheyAre(string contract, Type[] bindings)
    {
        var compiled = Entries(contract, "function").Concat(Entries(contract, "constructor")).ToDictionary(e => Signature(e));
        var bound = bindings.SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(f => f.FieldType == typeof(AbiFunction)).Select(f => (AbiFunction)f.GetValue(null)!).ToArray();
        Assert.Equal(bound.Length, bound.DistinctBy(f => f.Signature).Count());
        foreach (var function in bound)
        {
            Assert.True(compiled.TryGetValue(function.Signature, out var entry), $"{contract} has no {function.Signature}");
            Assert.Equal(Parameters(entry, "inputs"), Words(function.Inputs));
            // What a call changes and returns besides is read from events; a call that only reads is bound with its results.
            if (entry.TryGetProperty("outputs", out _) && function.Outputs.Count > 0)
                Assert.Equal(Types(entry, "outputs"), function.Outputs.Select(o => o.Type.Name));
        }

        var changing = compiled.Values.Where(e => e.GetProperty("stateMutability").GetString() is "nonpayable" or "payable").Select(Signature);
        var unbound = changing.Except(bound.Select(f => f.Signature)).ToArray();
        Assert.Equal(contract == "DevelopmentToken" ? ["constructor()"] : [], unbound);
    }

    [Theory]
    [InlineData("AtomaSettlement")]
    [InlineData("InferenceGateway")]
    [InlineData("DevelopmentToken")]
    public void Events_OfTheAbi_AreAllBoundAsTheyAre(string contract)
    {
        var bound = contract switch
        {
            "AtomaSettlement" => SettlementEvents.Table.Declared,
            "InferenceGateway" => GatewayEvents.Table.Declared,
            _ => TokenEvent.Table.Declared,
        };
        Assert.Equal(
            Entries(contract, "event").Select(e => $"{e.GetProperty("name")}: {string.Join(", ", Parameters(e, "inputs"))}").Order(),
            bound.Select(e => $"{e.Name}: {string.Join(", ", Words(e.Inputs))}").Order());
    }

    [Theory]
    [InlineData("AtomaSettlement")]
    [InlineData("InferenceGateway")]
    [InlineData("DevelopmentToken")]
    public void Errors_OfTheAbi_AreAllBoundAsTheyAre(string contract)
    {
        var bound = contract switch
        {
            "AtomaSettlement" => ContractErrors.Settlement,
            "InferenceGateway" => ContractErrors.Gateway,
            _ => ContractErrors.Token,
        };
        Assert.Equal(
            Entries(contract, "error").Select(e => $"{e.GetProperty("name")}: {string.Join(", ", Parameters(e, "inputs"))}").Order(),
            bound.Select(e => $"{e.Name}: {string.Join(", ", Words(e.Inputs))}").Order());
    }

    private static IEnumerable<JsonElement> Entries(string contract, string type)
    {
        using var stream = typeof(ContractArtifact).Assembly.GetManifestResourceStream($"{contract}.json")!;
        return [.. JsonDocument.Parse(stream).RootElement.GetProperty("abi").EnumerateArray().Where(e => e.GetProperty("type").GetString() == type)];
    }

    private static string Signature(JsonElement entry) =>
        $"{(entry.TryGetProperty("name", out var name) ? name.GetString() : "constructor")}({string.Join(',', Types(entry, "inputs"))})";

    private static IEnumerable<string> Types(JsonElement entry, string list) => entry.GetProperty(list).EnumerateArray().Select(TypeOf);

    private static IEnumerable<string> Parameters(JsonElement entry, string list) =>
        entry.GetProperty(list).EnumerateArray().Select(p => $"{TypeOf(p)}{(p.TryGetProperty("indexed", out var i) && i.GetBoolean() ? " indexed" : "")} {p.GetProperty("name")}");

    private static IEnumerable<string> Words(IEnumerable<AbiParameter> parameters) => parameters.Select(p => $"{p.Type}{(p.Indexed ? " indexed" : "")} {p.Name}");

    private static string TypeOf(JsonElement parameter)
    {
        var type = parameter.GetProperty("type").GetString()!;
        return type.StartsWith("tuple", StringComparison.Ordinal) ? $"({string.Join(',', parameter.GetProperty("components").EnumerateArray().Select(TypeOf))}){type[5..]}" : type;
    }
}
