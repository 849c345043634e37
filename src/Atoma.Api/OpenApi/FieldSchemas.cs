using System.Text.Json.Nodes;
using Atoma.Api.Answers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Atoma.Api.OpenApi;

/// <summary>Schemas of the fields that take more than one type.</summary>
internal static class FieldSchemas
{
    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonPropertyInfo is not { } property || !typeof(AnswerBody).IsAssignableFrom(property.DeclaringType) && property.DeclaringType != typeof(ChatMessageBody))
            return Task.CompletedTask;
        switch (property.Name)
        {
            case "seed":
                schema.Type = JsonSchemaType.Integer;
                schema.Format = "int64";
                break;
            case "prompt":
                schema.Type = JsonSchemaType.String;
                break;
            case "stop":
                schema.AnyOf = [Text(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text(), MaxItems = 4 }];
                break;
            case "content":
                schema.AnyOf = [Text(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Part() }];
                break;
            case "integrity":
                schema.AnyOf = [Level(), Assurance()];
                schema.Default = JsonValue.Create("none");
                break;
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema Level() => new() { Type = JsonSchemaType.String, Pattern = "^(none|sampled|checked(:[1357])?|replicated:[2-9])$" };

    private static OpenApiSchema Part() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("text")!] },
            ["text"] = Text(),
        },
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "text" },
    };

    private static OpenApiSchema Assurance() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["assurance"] = new OpenApiSchema { Type = JsonSchemaType.Number, ExclusiveMinimum = "0", ExclusiveMaximum = "1" },
        },
        Required = new HashSet<string>(StringComparer.Ordinal) { "assurance" },
    };
}
