using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Atoma.Silo.Hosting;

/// <summary>Metrics and traces by OpenTelemetry (docs/observability.md). Nothing here knows a prompt, an answer, an account or a key.</summary>
public static class Telemetry
{
    public const string MetricsPath = "/metrics";

    /// <summary>OpenTelemetry's own variable. Where it is set, metrics and traces are sent there.</summary>
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <param name="builder">Of any Atoma host.</param>
    /// <param name="service">service.name, unless OTEL_SERVICE_NAME says another.</param>
    public static void AddAtomaTelemetry(this WebApplicationBuilder builder, string service)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") ?? service))
            .WithMetrics(m => m
                .AddMeter("Atoma.*", "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());
        // Spans that nobody collects would only cost time.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(OtlpEndpoint)))
            return;
        telemetry
            .WithTracing(t => t
                .AddSource("Atoma.*", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application")
                .AddAspNetCoreInstrumentation(o => (o.Filter, o.EnrichWithHttpResponse) = (IsTraced, ForgetUnknownPath)))
            .UseOtlpExporter();
    }

    /// <summary>Metrics in Prometheus' text form, for whoever satisfies the policy.</summary>
    public static void MapAtomaMetrics(this WebApplication app, string policy) =>
        app.MapPrometheusScrapingEndpoint(MetricsPath).RequireAuthorization(policy).ExcludeFromDescription();

    /// <summary>A path that is none of ours is whatever somebody typed.</summary>
    private static void ForgetUnknownPath(System.Diagnostics.Activity span, HttpResponse response)
    {
        if (response.HttpContext.GetEndpoint() is null)
            span.SetTag("url.path", null);
    }

    /// <summary>Calls for an answer and about one. Probes and scrapes come every few seconds; a browser's first call may have the admin key in its address.</summary>
    private static bool IsTraced(HttpContext context) => context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal);
}
