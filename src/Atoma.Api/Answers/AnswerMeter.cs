using System.Diagnostics;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>Measures one answer, from its call's arrival until this is disposed of.</summary>
internal sealed class AnswerMeter : IDisposable
{
    private readonly HttpContext _context;
    private readonly TagList _tags;
    private readonly bool _streaming;
    private string? _error;
    private int _started;

    public AnswerMeter(HttpContext context, OpenAnswer answer, bool streaming)
    {
        (_context, _streaming) = (context, streaming);
        // The model was found in the network, so there are no more of them than it serves.
        _tags = new TagList { { "gen_ai.operation.name", Operation(answer.Form.Kind) }, { "gen_ai.provider.name", "atoma" }, { "gen_ai.request.model", answer.Model } };
        if (streaming)
            GatewayMetrics.OpenStreams.Add(1);
    }

    /// <summary>Something of the answer is about to be sent.</summary>
    public void FirstToken()
    {
        if (_streaming && Interlocked.Exchange(ref _started, 1) == 0)
            GatewayMetrics.TimeToFirstToken.Record(GatewayMetrics.Since(_context).TotalSeconds, _tags);
    }

    /// <summary>A choice has ended.</summary>
    /// <param name="end">Null where that is not known.</param>
    /// <param name="error">Code of what the client is told instead; null when it is given the answer.</param>
    public void Ended(AnswerEnd? end, string? error)
    {
        _error ??= error;
        if (end is null)
            return;
        Count(end.PromptTokens, "input");
        Count(end.OutputTokens, "output");
    }

    public void Dispose()
    {
        if (_streaming)
            GatewayMetrics.OpenStreams.Add(-1);
        var tags = _tags;
        if (_error is not null)
            tags.Add("error.type", _error);
        GatewayMetrics.Duration.Record(GatewayMetrics.Since(_context).TotalSeconds, tags);
    }

    private void Count(int tokens, string type)
    {
        var tags = _tags;
        tags.Add("gen_ai.token.type", type);
        GatewayMetrics.TokenUsage.Record(tokens, tags);
    }

    private static string Operation(AnswerKind kind) => kind switch
    {
        AnswerKind.Chat => "chat",
        AnswerKind.Text => "text_completion",
        _ => "embeddings",
    };
}
