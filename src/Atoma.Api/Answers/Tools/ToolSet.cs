namespace Atoma.Api.Answers;

/// <summary>The functions that a question offers to the model.</summary>
/// <param name="Definitions">JSON objects as they were sent.</param>
/// <param name="Names">Of the functions.</param>
/// <param name="OnlyOne">Whether only the first call is wanted.</param>
internal sealed record ToolSet(IReadOnlyList<string> Definitions, IReadOnlySet<string> Names, bool OnlyOne)
{
    public static readonly ToolSet None = new([], new HashSet<string>(StringComparer.Ordinal), OnlyOne: false);

    public bool IsEmpty => Definitions.Count == 0;
}
