using System.Reflection;

namespace Atoma.Grains.Tests;

public sealed class StoredRecordTests
{
    /// <summary>
    /// Grain storage leaves default values out of its JSON: a record whose fields start as something else reads back changed.
    /// The beacon's chain number began at −1, so that chain 0 was forgotten and drawn anew at each start.
    /// </summary>
    [Fact]
    public void Records_Fresh_HoldDefaultNumbers()
    {
        var records = typeof(GrainsServices).Assembly.GetTypes().Where(t => t.Name.EndsWith("Record", StringComparison.Ordinal) && t.IsClass).ToArray();
        Assert.True(records.Length >= 4);
        foreach (var property in records.SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Where(p => p.PropertyType.IsValueType))
        {
            var fresh = Activator.CreateInstance(property.DeclaringType!)!;
            Assert.True(Equals(Activator.CreateInstance(property.PropertyType), property.GetValue(fresh)), $"{property.DeclaringType!.Name}.{property.Name}");
        }
    }
}
