using System.Text.Json.Nodes;
using Atoma.Api.Answers;
using Atoma.Api.Answers.Embeddings;
using Atoma.Api.Endpoints;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Atoma.Api.OpenApi;

/// <summary>Schemas of the fields that take more than one type.</summary>
internal static class FieldSchemas
{
    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (context.JsonPropertyInfo is not null || schema.Properties is not { } fields || (!typeof(AnswerBody).IsAssignableFrom(type) && type != typeof(ChatMessageBody) && type != typeof(TokenizeBody) && !typeof(VectorBody).IsAssignableFrom(type)))
            return Task.CompletedTask;
        foreach (var name in fields.Keys.ToList())
        {
            if (Of(name) is not { } field)
                continue;
            fields[name] = field;
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema? Of(string field) => field switch
    {
        "seed" => new OpenApiSchema
        {
            Type = JsonSchemaType.Integer, Format = "int64",
            Description = "Any 64-bit integer: the same question with the same seed has the same answer. Without one the network draws it.",
        },
        "prompt" => new OpenApiSchema { Type = JsonSchemaType.String, Description = "The text to go on with." },
        "input" => new OpenApiSchema
        {
            AnyOf = [Text(), ListOf(Text()), ListOf(Token()), ListOf(ListOf(Token()))],
            Description = "A text, a list of texts, a list of token ids, or a list of such lists; at most 256.",
        },
        "documents" => new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text(), MaxItems = 255, Description = "Texts, or objects {\"text\": \"...\"}." },
        "stop" => new OpenApiSchema
        {
            AnyOf = [Text(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text(), MaxItems = 4 }],
            Description = "One to four texts that end the answer; they are not part of it.",
        },
        "logprobs" => new OpenApiSchema
        {
            AnyOf = [new OpenApiSchema { Type = JsonSchemaType.Boolean }, new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0", Maximum = "20" }],
            Description = "Show the probability of each token. For chats true or false, with top_logprobs; for completions the number of likeliest tokens to show.",
        },
        "response_format" => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("text")!, JsonValue.Create("json_object")!, JsonValue.Create("json_schema")!] },
                ["json_schema"] = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "{\"name\": \"...\", \"schema\": {...}}; a keyword that cannot be held to is refused by name." },
            },
            Required = new HashSet<string>(StringComparer.Ordinal) { "type" },
            Description = "The answer is text, any JSON object, or JSON that satisfies a schema.",
        },
        "content" => new OpenApiSchema
        {
            AnyOf = [Text(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Part() }], Description = "A text, or a list of text parts.",
        },
        "tool_choice" => new OpenApiSchema
        {
            AnyOf = [new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("auto")!, JsonValue.Create("none")!, JsonValue.Create("required")!] }, new OpenApiSchema { Type = JsonSchemaType.Object }],
            Default = JsonValue.Create("auto"),
            Description = "Whether the model may or must call functions: \"auto\", \"none\", \"required\", or one by name as {\"type\": \"function\", \"function\": {\"name\": \"...\"}}.",
        },
        "tools" => new OpenApiSchema { Type = JsonSchemaType.Array, Items = Tool(), MaxItems = 128, Description = "Functions that the model may call." },
        "integrity" => new OpenApiSchema
        {
            AnyOf = [Level(), Assurance()], Default = JsonValue.Create("none"),
            Description = "How much integrity to pay for: \"none\", \"sampled\", \"checked\", \"checked:3\", \"replicated:3\", or {\"assurance\": 0.999}, the wanted probability that a wrong answer is caught.",
        },
        _ => null,
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema Token() => new() { Type = JsonSchemaType.Integer };

    private static OpenApiSchema ListOf(OpenApiSchema item) => new() { Type = JsonSchemaType.Array, Items = item };

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

    private static OpenApiSchema Tool() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("function")!] },
            ["function"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                {
                    ["name"] = Text(), ["description"] = Text(), ["parameters"] = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "A JSON schema." },
                },
                Required = new HashSet<string>(StringComparer.Ordinal) { "name" },
            },
        },
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "function" },
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
