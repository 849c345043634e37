using System.Reflection;
using System.Xml.Linq;
using NetArchTest.Rules;

namespace Atoma.Architecture.Tests;

/// <summary>docs/ARCHITECTURE.md: dependencies point one way, and only the silo joins ports to adapters.</summary>
public sealed class DependencyTests
{
    [Fact]
    public void Protocol_References_NothingButTheBaseLibrary()
    {
        var others = Repository.Protocol.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => !n.StartsWith("System.", StringComparison.Ordinal) && n is not ("System" or "netstandard" or "mscorlib")).ToArray();
        Assert.True(others.Length == 0, string.Join(", ", others));
        foreach (var outside in new[] { "System.Net.Http", "System.IO.FileSystem", "System.Data.Common", "System.Diagnostics.Process" })
            Assert.DoesNotContain(Repository.Protocol.GetReferencedAssemblies(), a => a.Name == outside);
    }

    [Theory]
    [InlineData("Atoma.Grains.Abstractions", "Atoma.Grains,Atoma.Inference,Atoma.Storage,Atoma.Ethereum,Atoma.Silo,Atoma.Api,Microsoft.AspNetCore")]
    [InlineData("Atoma.Grains", "Atoma.Inference,Atoma.Storage,Atoma.Ethereum,Atoma.Silo,Atoma.Api,Microsoft.AspNetCore")]
    [InlineData("Atoma.Inference", "Atoma.Grains,Atoma.Grains.Abstractions,Atoma.Storage,Atoma.Ethereum,Atoma.Silo,Atoma.Api,Microsoft.AspNetCore,Orleans")]
    [InlineData("Atoma.Storage", "Atoma.Grains,Atoma.Grains.Abstractions,Atoma.Inference,Atoma.Ethereum,Atoma.Silo,Atoma.Api,Microsoft.AspNetCore,Orleans")]
    [InlineData("Atoma.Ethereum", "Atoma.Grains,Atoma.Grains.Abstractions,Atoma.Inference,Atoma.Storage,Atoma.Silo,Atoma.Api,Microsoft.AspNetCore,Orleans")]
    // The Cli sees the engine: a sceptic's verify --model must not need a node or a silo.
    [InlineData("Atoma.Cli", "Atoma.Grains,Atoma.Grains.Abstractions,Atoma.Storage,Atoma.Silo,Atoma.Api,Microsoft.AspNetCore,Orleans")]
    [InlineData("Atoma.Api", "Atoma.Grains,Atoma.Inference,Atoma.Storage,Atoma.Ethereum")]
    public void Assembly_References_NoneThatItMustNotSee(string assembly, string forbidden)
    {
        // An assembly reference is written only where a type is used, so this sees exactly what the code sees.
        var seen = Repository.Of(assembly).GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => forbidden.Split(',').Any(f => n == f || (f is "Orleans" or "Microsoft.AspNetCore" && n.StartsWith(f, StringComparison.Ordinal)))).ToArray();
        Assert.True(seen.Length == 0, $"{assembly} uses {string.Join(", ", seen)}");
    }

    /// <summary>What is compiled for a browser is not loaded here: its project says what it sees.</summary>
    [Fact]
    public void Verifier_References_TheProtocolAndTheSignaturesAlone()
    {
        var project = XDocument.Parse(Repository.Read("src/Atoma.Verifier/Atoma.Verifier.csproj"));
        string[] Includes(string kind) => [.. project.Descendants(kind).Select(n => n.Attribute("Include")!.Value)];
        Assert.Equal(["../Atoma.Protocol/Atoma.Protocol.csproj", "../Atoma.Ethereum/Atoma.Ethereum.csproj"], Includes("ProjectReference"));
        Assert.Equal(["Microsoft.AspNetCore.Components.WebAssembly"], Includes("PackageReference"));
    }

    [Fact]
    public void Silo_OnlyIt_JoinsGrainsWithTheirAdapters()
    {
        string[] all = ["Atoma.Protocol", "Atoma.Grains.Abstractions", "Atoma.Grains", "Atoma.Inference", "Atoma.Storage", "Atoma.Ethereum", "Atoma.Silo", "Atoma.Api", "Atoma.Cli"];
        var joiners = all.Where(name =>
        {
            var uses = Repository.Of(name).GetReferencedAssemblies().Select(a => a.Name).ToHashSet();
            return uses.Contains("Atoma.Grains") && (uses.Contains("Atoma.Inference") || uses.Contains("Atoma.Storage") || uses.Contains("Atoma.Ethereum"));
        });
        Assert.All(joiners, name => Assert.Equal("Atoma.Silo", name));
    }

    // P11: no floating point near money. The evidence's log-probabilities live in Verification.
    [Fact]
    public void Money_Types_HaveNoFloatingPoint()
    {
        var money = Types.InAssembly(Repository.Protocol).That()
            .ResideInNamespaceMatching(@"^Atoma\.Protocol\.(Ledger|Disputes|Accounts|Settlement)").Or().HaveName("Micros").Or().HaveName("PriceTerms").Or().HaveName("Payment")
            .GetTypes().ToArray();
        Assert.True(money.Length > 10, "the filter finds the money types");
        Assert.Empty(money.SelectMany(Floats));
        Assert.Empty(Repository.Of("Atoma.Storage").GetTypes().Where(t => t.Namespace?.StartsWith("Atoma.Storage", StringComparison.Ordinal) == true).SelectMany(Floats));
    }

    private static IEnumerable<string> Floats(Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var used = type.GetFields(All).Select(f => (f.Name, Type: f.FieldType))
            .Concat(type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(m =>
                m.GetParameters().Select(p => (m.Name, Type: p.ParameterType))
                    .Concat(m is MethodInfo { ReturnType: var r } ? [(m.Name, Type: r)] : [])
                    .Concat((m.GetMethodBody()?.LocalVariables ?? []).Select(v => (m.Name, Type: v.LocalType)))));
        return used.Where(u => u.Type == typeof(double) || u.Type == typeof(float) || u.Type == typeof(decimal)).Select(u => $"{type.Name}.{u.Name}: {u.Type.Name}");
    }

    [Fact]
    public void Protocol_Namespaces_FollowTheirFolders()
    {
        var wrong = Repository.Sources.Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.Split('/').Length >= 3 && !f.EndsWith("Program.cs", StringComparison.Ordinal))
            .Where(f => !Repository.Read(f).Contains($"namespace {string.Join('.', f.Split('/')[1..^1])};", StringComparison.Ordinal) && Repository.Read(f).Contains("namespace ", StringComparison.Ordinal))
            .ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}
