namespace Atoma.Api.Answers.Tools;

/// <summary>The functions that a question offers to the model.</summary>
/// <param name="Definitions">JSON objects as they were sent.</param>
/// <param name="Names">Of the functions.</param>
/// <param name="OnlyOne">Whether only one call is wanted.</param>
/// <param name="Forced">Functions of which the answer must call one; empty when it is free to.</param>
internal sealed record ToolSet(IReadOnlyList<string> Definitions, IReadOnlySet<string> Names, bool OnlyOne, IReadOnlySet<string> Forced)
{
    private static readonly HashSet<string> Nothing = new(StringComparer.Ordinal);

    public static readonly ToolSet None = new([], Nothing, OnlyOne: false, Nothing);

    public bool IsEmpty => Names.Count == 0;

    /// <summary>What reading an answer takes: the names, not the definitions.</summary>
    public static ToolSet Named(IReadOnlyList<string> names, bool onlyOne) => new([], names.ToHashSet(StringComparer.Ordinal), onlyOne, Nothing);
}
