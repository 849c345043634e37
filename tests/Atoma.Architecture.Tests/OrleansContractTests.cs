using System.Reflection;

namespace Atoma.Architecture.Tests;

/// <summary>STYLE 11: what travels or is stored has its names and numbers from day one.</summary>
public sealed class OrleansContractTests
{
    private static readonly Type[] Types =
        [.. new[] { "Atoma.Grains.Abstractions", "Atoma.Grains" }.SelectMany(a => Repository.Of(a).GetTypes()).Where(t => t.Namespace?.StartsWith("Atoma", StringComparison.Ordinal) == true)];

    private static bool Has(MemberInfo member, string attribute) => member.GetCustomAttributesData().Any(a => a.AttributeType.Name == attribute + "Attribute");

    [Fact]
    public void GrainInterfaces_AndTheirMethods_HaveAliases()
    {
        var grains = Types.Where(t => t.IsInterface && t.GetInterfaces().Any(i => i.Name == "IGrain") && !t.Name.StartsWith("IGrain", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(grains);
        Assert.Empty(grains.Where(t => !Has(t, "Alias")).Select(t => t.Name));
        Assert.Empty(grains.SelectMany(t => t.GetMethods()).Where(m => !Has(m, "Alias")).Select(m => $"{m.DeclaringType!.Name}.{m.Name}"));
    }

    [Fact]
    public void SerializableTypes_HaveAnAliasAndAnIdOnEveryMember()
    {
        var records = Types.Where(t => !t.IsEnum && Has(t, "GenerateSerializer")).ToArray();
        Assert.NotEmpty(records);
        Assert.Empty(records.Where(t => !Has(t, "Alias")).Select(t => t.Name));
        var bare = records.SelectMany(t => t.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(f => !Has(f, "Id") && !Has(f, "NonSerialized") && !Has(PropertyOf(f), "Id")).Select(f => $"{f.DeclaringType!.Name}.{f.Name}");
        Assert.Empty(bare);
        var aliases = records.Select(t => t.GetCustomAttributesData().First(a => a.AttributeType.Name == "AliasAttribute").ConstructorArguments[0].Value).ToArray();
        Assert.Equal(aliases.Length, aliases.Distinct().Count());
    }

    /// <summary>The property behind a compiler-made field.</summary>
    private static MemberInfo PropertyOf(FieldInfo field) =>
        field.Name.StartsWith('<') && field.DeclaringType!.GetProperty(field.Name[1..field.Name.IndexOf('>')], BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) is { } property
            ? property
            : field;
}
