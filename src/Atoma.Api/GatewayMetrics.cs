using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Atoma.Api;

/// <summary>Meter <c>Atoma.Gateway</c>, with OpenTelemetry's names for generative AI where it has them. Attributes are models that the network serves and codes of ours.</summary>
internal static class GatewayMetrics
{
    public const string Name = "Atoma.Gateway";

    private static readonly Meter Meter = new(Name);

    /// <summary>As OpenTelemetry's conventions advise.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    public static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "gen_ai.server.request.duration", "s", "Time from a call's arrival to its last byte.", advice: Seconds);

    public static readonly Histogram<double> TimeToFirstToken = Meter.CreateHistogram(
        "gen_ai.server.time_to_first_token", "s", "Time from a streamed call's arrival to its first piece.", advice: Seconds);

    public static readonly Histogram<long> TokenUsage = Meter.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "Tokens of a request, by type.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536] });

    public static readonly UpDownCounter<int> OpenStreams = Meter.CreateUpDownCounter<int>("atoma.gateway.streams.open", "{stream}", "Streams being written.");

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>("atoma.gateway.refusals", "{call}", "Calls refused, by HTTP status and error code.");

    private static readonly Counter<long> Cancellations = Meter.CreateCounter<long>("atoma.gateway.cancellations", "{request}", "Requests cancelled because nobody waited any more.");

    /// <summary>Counters start at 0, so that the first of anything shows as a rise.</summary>
    public static void Start()
    {
        Cancellations.Add(0);
        OpenStreams.Add(0);
        Refused(0, 402, "insufficient_balance");
        Refused(0, 429, "rate_limit_exceeded");
        Refused(0, 503, "server_busy");
    }

    /// <summary>The clock of a call starts.</summary>
    public static void Arrived(HttpContext context) => context.Features.Set(new Arrival(Stopwatch.GetTimestamp()));

    public static TimeSpan Since(HttpContext context) => context.Features.Get<Arrival>() is { } arrival ? Stopwatch.GetElapsedTime(arrival.Timestamp) : TimeSpan.Zero;

    public static void Refused(int status, string code) => Refused(1, status, code);

    private static void Refused(int count, int status, string code) =>
        Refusals.Add(count, new KeyValuePair<string, object?>("http.response.status_code", status), new KeyValuePair<string, object?>("error.type", code));

    public static void Cancelled() => Cancellations.Add(1);

    private sealed record Arrival(long Timestamp);
}
