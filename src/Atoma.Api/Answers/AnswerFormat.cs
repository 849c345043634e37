using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Structured;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Api.Answers;

/// <summary>What the answer must look like, as a grammar: response_format and grammar.</summary>
internal static class AnswerFormat
{
    private const string FormatField = "response_format";
    private const string SchemaField = FormatField + ".json_schema";

    /// <summary>GBNF; empty when the answer is free.</summary>
    public static Parsed<string> Parse(AnswerBody body)
    {
        if (Format(body.ResponseFormat).Failed(out var error, out var format))
            return error;
        if (string.IsNullOrEmpty(body.Grammar))
            return format;
        return format.Length > 0
            ? OpenAiErrors.Invalid("grammar", $"cannot be combined with '{FormatField}'; send one of them")
            : Compiled(body.Grammar, "grammar");
    }

    private static Parsed<string> Format(JsonElement? element)
    {
        if (element is not { ValueKind: not JsonValueKind.Null } format)
            return "";
        if (format.ValueKind != JsonValueKind.Object || !format.TryGetProperty("type", out var type) || !JsonBody.TryText(type, out var kind))
            return OpenAiErrors.Invalid(FormatField, "must be an object such as {\"type\": \"json_object\"}", "invalid_type");
        return kind switch
        {
            "text" => "",
            "json_object" => JsonSchemaGrammar.AnyObject(),
            "json_schema" => OfSchema(format),
            _ => OpenAiErrors.Unsupported(FormatField + ".type", "Types are text, json_object and json_schema."),
        };
    }

    private static Parsed<string> OfSchema(JsonElement format)
    {
        if (!format.TryGetProperty("json_schema", out var named) || named.ValueKind != JsonValueKind.Object)
            return OpenAiErrors.Missing(SchemaField, "Send {\"name\": \"...\", \"schema\": {...}}.");
        if (!named.TryGetProperty("schema", out var schema))
            return OpenAiErrors.Missing(SchemaField + ".schema", "Send a JSON schema.");
        try
        {
            return Compiled(JsonSchemaGrammar.Grammar(schema), SchemaField + ".schema");
        }
        catch (JsonSchemaException e)
        {
            return OpenAiErrors.Invalid(SchemaField + ".schema", $"cannot be held to: {e.Message}", "unsupported_schema");
        }
    }

    private static Parsed<string> Compiled(string grammar, string field)
    {
        try
        {
            GrammarProgram.Parse(grammar);
            return grammar;
        }
        catch (GrammarException e)
        {
            return OpenAiErrors.Invalid(field, $"is refused: {e.Message.TrimEnd('.')}", "invalid_grammar");
        }
    }
}
