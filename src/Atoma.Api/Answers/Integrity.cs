using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Protocol.Integrity;

namespace Atoma.Api.Answers;

/// <summary>The one field that Atoma adds to OpenAI's: a level of P4 by name, or an assurance.</summary>
internal static class Integrity
{
    public const string Field = "integrity";
    public const string Code = "integrity_unknown";

    private const string Choices = "must be \"none\", \"sampled\", \"checked\", \"checked:3\" (odd, to 7), \"replicated:3\" (2 to 9), or {\"assurance\": 0.999}";

    public static ApiError? Parse(JsonElement? element, out string level, out double? assurance)
    {
        (level, assurance) = (IntegrityLevel.None.ToString(), null);
        if (element is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return ParseAssurance(value, ref level, ref assurance);
        if (!JsonBody.TryText(value, out var text) || !IntegrityLevel.TryParse(text, out var parsed))
            return OpenAiErrors.Invalid(Field, Choices, Code);
        level = parsed.ToString();
        return null;
    }

    private static ApiError? ParseAssurance(JsonElement value, ref string level, ref double? assurance)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (!property.NameEquals("assurance"))
                return OpenAiErrors.Invalid(Field, Choices, Code);
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetDouble(out var wanted) || !(wanted is > 0 and < 1))
                return OpenAiErrors.Invalid("integrity.assurance", "must be a number above 0 and below 1", Code);
            assurance = wanted;
        }

        if (assurance is null)
            return OpenAiErrors.Invalid(Field, Choices, Code);
        level = "";
        return null;
    }
}
