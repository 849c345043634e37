using System.Globalization;
using System.Reflection;
using System.Text;
using Atoma.Protocol.Common;

namespace Atoma.Storage.Migrations;

/// <summary>One numbered step of a schema. Never edited after release: <see cref="Digest"/> is stored and compared.</summary>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>SHA-256 of the script, line ends normalised.</summary>
    public Hash32 Digest { get; } = Hash32.Sha256(Encoding.UTF8.GetBytes(Sql));

    /// <summary>The embedded scripts <c>Migrations/{database}/NNNN_name.sql</c> in order, numbered 1, 2, 3 ….</summary>
    public static IReadOnlyList<Migration> Load(string database)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = $"Atoma.Storage.Migrations.{database}.";
        var migrations = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Read(assembly, name, name[prefix.Length..]))
            .ToList();
        Invariant.Assert(migrations.Count > 0);
        for (var i = 0; i < migrations.Count; i++)
            Invariant.Assert(migrations[i].Version == i + 1);
        return migrations;
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var sql = reader.ReadToEnd().ReplaceLineEndings("\n");
        var name = file[..^".sql".Length];
        return new Migration(int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name[5..], sql);
    }

    /// <summary>The steps still to do, after checking those done.</summary>
    /// <param name="known">This program's, in order.</param>
    /// <param name="applied">Version and digest of those in the database, in order.</param>
    /// <exception cref="StorageSchemaException">The database is newer than this program, or was migrated by other scripts.</exception>
    public static IReadOnlyList<Migration> Pending(IReadOnlyList<Migration> known, IReadOnlyList<(int Version, Hash32 Digest)> applied)
    {
        if (applied.Count > known.Count)
        {
            throw new StorageSchemaException(
                $"The database has schema version {applied.Count}, this program knows versions up to {known.Count}. Run the program's newer version.");
        }

        for (var i = 0; i < applied.Count; i++)
        {
            if (applied[i].Version != known[i].Version || applied[i].Digest != known[i].Digest)
            {
                throw new StorageSchemaException(
                    $"Migration {known[i].Version} ({known[i].Name}) was applied to the database with another content. It comes from another build; restore a backup or use that build.");
            }
        }

        return known.Skip(applied.Count).ToList();
    }
}
