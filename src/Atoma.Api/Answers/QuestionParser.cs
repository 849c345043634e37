using System.Globalization;
using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Answers;

/// <summary>Reads what both kinds of question have in common.</summary>
internal static class QuestionParser
{
    /// <param name="body">As sent.</param>
    /// <param name="maxTokens">Most tokens wanted, by whichever field; null when not given.</param>
    /// <param name="maxTokensField">That field.</param>
    /// <param name="promptField">The field that carries the prompt.</param>
    /// <param name="limits">Bounds.</param>
    public static Parsed<Question> Common(AnswerBody body, int? maxTokens, string maxTokensField, string promptField, Limits limits)
    {
        if (UnsupportedFields.Find(body.Others) is { } unsupported)
            return unsupported;
        if (string.IsNullOrEmpty(body.Model))
            return OpenAiErrors.Missing("model", "Name one of those that GET /v1/models lists.");
        if (body.Model.Length > ModelLimits.IdLength)
            return OpenAiErrors.ModelNotFound(body.Model[..ModelLimits.IdLength] + "…");
        if (body.StreamOptions is not null && body.Stream is not true)
            return OpenAiErrors.Invalid("stream_options", "is only allowed with 'stream': true");
        if (body.N is < 1 || body.N > limits.Choices)
            return OpenAiErrors.Invalid("n", $"must be between 1 and {limits.Choices}: each choice is a request of its own");
        if (Seed(body.Seed, out var seed) is { } badSeed)
            return badSeed;
        if (Stops(body.Stop, out var stops) is { } badStop)
            return badStop;
        if (Biases(body.LogitBias, out var biases) is { } badBias)
            return badBias;
        if (AnswerFormat.Parse(body).Failed(out var badFormat, out var grammar))
            return badFormat;
        if (LogprobsFields.Parse(body, out var logprobs) is { } badLogprobs)
            return badLogprobs;
        var isScored = body is TextCompletionBody { Echo: true } && logprobs is not null;
        if (maxTokens < 1 && !(isScored && maxTokens == 0))
            return OpenAiErrors.Invalid(maxTokensField, $"must be between 1 and {VerificationLimits.OutputTokens}; 0 only scores a prompt, with 'echo' and 'logprobs'");
        if (Repetition(body, out var repetition) is { } badRepetition)
            return badRepetition;
        if (Integrity.Parse(body.Integrity, out var level, out var assurance) is { } badIntegrity)
            return badIntegrity;

        var defaults = new SamplingParameters();
        var parameters = new SamplingParameters
        {
            Temperature = body.Temperature ?? defaults.Temperature,
            TopP = body.TopP ?? defaults.TopP,
            TopK = body.TopK ?? defaults.TopK,
            MinP = body.MinP ?? defaults.MinP,
            PresencePenalty = body.PresencePenalty ?? defaults.PresencePenalty,
            FrequencyPenalty = body.FrequencyPenalty ?? defaults.FrequencyPenalty,
            RepetitionPenalty = repetition.Penalty ?? defaults.RepetitionPenalty,
            RepetitionWindow = repetition.Window ?? defaults.RepetitionWindow,
            LogitBias = biases,
            Stop = stops,
            StopTokens = [.. (body.StopTokenIds ?? []).Distinct().Order()],
            IgnoreEndOfSequence = body.IgnoreEos is true,
            Grammar = grammar,
            // The answer's own probability comes with those of the likeliest, so one is asked for at least.
            TopLogprobs = logprobs is { } top ? Math.Max(1, top) : 0,
            ScorePrompt = isScored,
            MaxTokens = maxTokens ?? defaults.MaxTokens,
            Seed = seed ?? 0,
        };
        if (parameters.Problem() is { } problem)
            return BadParameter(problem, maxTokensField);
        return new Question
        {
            Model = body.Model,
            PromptField = promptField,
            Parameters = parameters,
            MaxTokens = maxTokens ?? 0,
            MaxTokensField = maxTokensField,
            SeedGiven = seed is not null,
            Integrity = level,
            Assurance = assurance,
            Logprobs = logprobs,
            PerPrompt = body.N ?? 1,
            Streaming = body.Stream is true,
            IncludeUsage = body.StreamOptions?.IncludeUsage is true,
        };
    }

    /// <summary>A problem that the protocol found: its text starts with the field, or speaks of stop texts.</summary>
    public static ApiError BadParameter(string problem, string maxTokensField)
    {
        var word = problem.Split(' ')[0];
        var param = word switch
        {
            "max_tokens" => maxTokensField,
            _ when word.Contains('_', StringComparison.Ordinal) || word is "temperature" or "grammar" => word,
            _ when problem.Contains("stop text", StringComparison.Ordinal) => "stop",
            _ => null,
        };
        var sentence = param is null || param == "stop" ? problem : $"'{param}'{problem[word.Length..]}";
        return new ApiError(400, OpenAiErrors.InvalidRequest, "invalid_value", (param == "stop" ? "'stop': " : "") + sentence + ".", param);
    }

    private static ApiError? Seed(JsonElement? element, out ulong? seed)
    {
        seed = null;
        if (element is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var signed))
            seed = unchecked((ulong)signed);
        else if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var unsigned))
            seed = unsigned;
        else
            return OpenAiErrors.Invalid("seed", "must be an integer of at most 64 bits", "invalid_type");
        return null;
    }

    /// <summary>By either name; both names must say the same.</summary>
    private static ApiError? Repetition(AnswerBody body, out (double? Penalty, int? Window) repetition)
    {
        var window = body.RepetitionWindow ?? body.RepeatLastN;
        repetition = (body.RepetitionPenalty ?? body.RepeatPenalty, window == -1 ? VerificationLimits.RepetitionWindow : window);
        if (body is { RepetitionPenalty: { } penalty, RepeatPenalty: { } other } && penalty != other)
            return OpenAiErrors.Invalid("repeat_penalty", "contradicts 'repetition_penalty'; send one of them");
        return body is { RepetitionWindow: { } given, RepeatLastN: { } last } && given != last
            ? OpenAiErrors.Invalid("repeat_last_n", "contradicts 'repetition_window'; send one of them")
            : null;
    }

    private static ApiError? Stops(JsonElement? element, out IReadOnlyList<string> stops)
    {
        stops = [];
        if (element is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            return JsonBody.TryText(value, out var one) ? Set([one], out stops) : Wrong("stop", "a string or a list of strings");
        if (value.GetArrayLength() > VerificationLimits.StopTexts)
            return OpenAiErrors.Invalid("stop", $"has at most {VerificationLimits.StopTexts} texts");
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (!JsonBody.TryText(item, out var text))
                return Wrong($"stop[{texts.Count}]", "a string");
            texts.Add(text);
        }

        return Set(texts, out stops);
    }

    private static ApiError? Set(IReadOnlyList<string> value, out IReadOnlyList<string> target)
    {
        target = value;
        return null;
    }

    private static ApiError Wrong(string param, string wanted) => OpenAiErrors.Invalid(param, $"must be {wanted}", "invalid_type");

    private static ApiError? Biases(Dictionary<string, double>? map, out IReadOnlyList<LogitBias> biases)
    {
        biases = [];
        if (map is null)
            return null;
        var list = new List<LogitBias>();
        foreach (var (token, bias) in map)
        {
            if (!int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                return OpenAiErrors.Invalid("logit_bias", $"has the key '{Short(token)}', which is not a token id");
            list.Add(new LogitBias(id, bias));
        }

        list.Sort(static (a, b) => a.Token.CompareTo(b.Token));
        biases = list;
        return null;
    }

    private static string Short(string text) => text.Length <= 32 ? text : text[..32] + "…";
}
