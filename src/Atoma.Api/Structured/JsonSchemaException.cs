namespace Atoma.Api.Structured;

/// <summary>A schema that cannot be turned into a grammar.</summary>
internal sealed class JsonSchemaException(string path, string problem) : FormatException($"{(path.Length == 0 ? "the schema" : $"'{path}'")} {problem}")
{
    public JsonSchemaException()
        : this("", "is refused")
    {
    }

    public JsonSchemaException(string message)
        : this("", message)
    {
    }

    public JsonSchemaException(string message, Exception innerException)
        : this("", message + ": " + innerException.Message)
    {
    }
}
