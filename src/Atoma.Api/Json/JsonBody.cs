using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Atoma.Api.Errors;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Json;

/// <summary>A value read from outside, or what is wrong with it.</summary>
internal readonly record struct Parsed<T>(T? Value, ApiError? Error)
    where T : class
{
    public static implicit operator Parsed<T>(T value) => new(value, null);

    public static implicit operator Parsed<T>(ApiError error) => new(null, error);

    public bool Failed([NotNullWhen(true)] out ApiError? error, [NotNullWhen(false)] out T? value)
    {
        (error, value) = (Error, Value);
        return error is not null;
    }
}

/// <summary>Reads a body and names the field that is wrong.</summary>
internal static partial class JsonBody
{
    /// <exception cref="BadHttpRequestException">413: the body is larger than <see cref="Limits.BodyBytes"/>.</exception>
    public static async Task<Parsed<T>> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        await using var content = new BoundedBody(context.Request, context.RequestServices.GetRequiredService<Limits>().BodyBytes);
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, context.RequestAborted);
        var json = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        try
        {
            if (JsonSerializer.Deserialize(json.Span, type) is not { } body)
                return OpenAiErrors.MalformedJson(": it is null");
            return JsonUnicode.Problem(json.Span) switch
            {
                null => body,
                "" => OpenAiErrors.MalformedJson(": a text in it is not well-formed Unicode"),
                var path => OpenAiErrors.Invalid(path, "must be well-formed Unicode", "invalid_type"),
            };
        }
        catch (JsonException e)
        {
            return Explain(e, type);
        }
    }

    /// <summary>A part of a body that was read before.</summary>
    public static Parsed<T> Read<T>(JsonElement element, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return element.Deserialize(type) is { } body ? body : OpenAiErrors.MalformedJson(": it is null");
        }
        catch (JsonException e)
        {
            return Explain(e, type);
        }
    }

    /// <summary>The string in an element; false when it is none, or not well-formed Unicode.</summary>
    public static bool TryText(JsonElement element, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (element.ValueKind != JsonValueKind.String)
            return false;
        try
        {
            text = element.GetString();
            return text is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The token ids in an element; false when it is no list of integers, or longer than any prompt.</summary>
    public static bool TryTokens(JsonElement element, [NotNullWhen(true)] out int[]? tokens)
    {
        tokens = null;
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > VerificationLimits.PromptTokens)
            return false;
        var list = new List<int>(element.GetArrayLength());
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var token))
                return false;
            list.Add(token);
        }

        tokens = [.. list];
        return true;
    }

    private static ApiError Explain(JsonException e, JsonTypeInfo root)
    {
        // A syntax error carries the reader's own exception; anything else is a field of the wrong type or given twice.
        if (e.InnerException is JsonException)
            return OpenAiErrors.MalformedJson($" (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        if (DuplicateName().Match(e.Message) is { Success: true } twice)
            return OpenAiErrors.Invalid(twice.Groups["name"].Value, "is given twice", "duplicate_parameter");
        var path = e.Path is { Length: > 2 } full && full.StartsWith("$.", StringComparison.Ordinal) ? full[2..] : "";
        if (path.Length == 0)
            return OpenAiErrors.MalformedJson(": it is not an object");
        return OpenAiErrors.Invalid(path, $"must be {Wanted(root, path)}", "invalid_type");
    }

    /// <summary>What the field at the path should have been, from the type that describes the body.</summary>
    private static string Wanted(JsonTypeInfo root, string path)
    {
        var type = root;
        foreach (Match step in PathStep().Matches(path))
        {
            if (type.ElementType is { } element)
                type = root.Options.GetTypeInfo(element);
            else if (type.Properties.FirstOrDefault(p => p.Name == step.Value) is { } property)
                type = root.Options.GetTypeInfo(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
            else
                return "of another type";
        }

        if (type.Kind is JsonTypeInfoKind.Object)
            return "an object";
        if (type.Kind is JsonTypeInfoKind.Dictionary)
            return "an object";
        if (type.Kind is JsonTypeInfoKind.Enumerable)
            return "a list";
        return Type.GetTypeCode(type.Type) switch
        {
            TypeCode.Boolean => "true or false",
            TypeCode.Int32 => "an integer",
            TypeCode.Double => "a number",
            TypeCode.String => "a string (well-formed Unicode)",
            _ => "of another type",
        };
    }

    [GeneratedRegex(@"[^.\[\]']+", RegexOptions.CultureInvariant, 100)]
    private static partial Regex PathStep();

    [GeneratedRegex("^Duplicate property '(?<name>[^']+)'", RegexOptions.CultureInvariant, 100)]
    private static partial Regex DuplicateName();
}
