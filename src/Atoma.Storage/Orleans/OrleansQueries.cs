using System.Reflection;
using System.Text;
using Atoma.Protocol.Common;

namespace Atoma.Storage.Orleans;

/// <summary>The embedded scripts: a schema, and queries each headed by a line <c>-- @Key</c>.</summary>
internal static class OrleansQueries
{
    private const string Header = "-- @";

    public static string Schema(string database) => Read($"{database}Schema.sql");

    /// <summary>Query texts by key. Lines before the first header are for the reader.</summary>
    public static IReadOnlyDictionary<string, string> Load(string database)
    {
        var queries = new Dictionary<string, string>(StringComparer.Ordinal);
        string? key = null;
        var text = new StringBuilder();
        foreach (var line in Read($"{database}Queries.sql").Split('\n'))
        {
            if (line.StartsWith(Header, StringComparison.Ordinal))
            {
                Add();
                key = line[Header.Length..];
            }
            else
            {
                text.Append(line).Append('\n');
            }
        }

        Add();
        return queries;

        void Add()
        {
            if (key is not null)
                queries.Add(key, text.ToString().Trim());
            text.Clear();
        }
    }

    private static string Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Atoma.Storage.Orleans.{file}");
        Invariant.Assert(stream is not null);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
