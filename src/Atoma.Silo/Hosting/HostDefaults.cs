namespace Atoma.Silo.Hosting;

/// <summary>What every Atoma host does alike.</summary>
public static class HostDefaults
{
    /// <summary>Environment variable: <c>json</c> for structured logs.</summary>
    private const string LogFormat = "ATOMA_LOG_FORMAT";

    /// <summary>Time a stop may take: Ctrl-C ends within 5 s.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Starts the host. False, with a message that says what to do, when an address is taken.</summary>
    public static async Task<bool> TryStartAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
            return true;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{e.Message} Is another network running? Stop it, or choose other ports with --urls and --gateway-port.");
            return false;
        }
    }

    /// <summary>Quiet logs for people, and a stop that does not hang.</summary>
    public static void AddAtomaDefaults(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        if (Environment.GetEnvironmentVariable(LogFormat) == "json")
        {
            // For programs: each line an object, with the call's and the request's id as its scopes.
            builder.Logging.AddJsonConsole(o => (o.IncludeScopes, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
        else
        {
            builder.Logging.AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.TimestampFormat = "HH:mm:ss ";
            });
        }

        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        // Warns once at every start, falsely.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        builder.Logging.AddFilter("Polly", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
    }
}
