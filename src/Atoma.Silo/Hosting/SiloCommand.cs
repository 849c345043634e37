using System.CommandLine;

namespace Atoma.Silo.Hosting;

/// <summary><c>silo</c>: a core silo in a process of its own (split mode); the API connects to its client port.</summary>
internal static class SiloCommand
{
    public static Command Create()
    {
        var line = new SiloCommandLine();
        var siloPort = new Option<int>("--silo-port") { Description = "Loopback port between silos.", DefaultValueFactory = _ => 11111 };
        var clientPort = new Option<int>("--client-port") { Description = "Loopback port for the API.", DefaultValueFactory = _ => 30000 };
        var command = new Command("silo", "Run a core silo: grains, ledger, node gateway and local nodes.") { siloPort, clientPort };
        line.AddTo(command);
        command.Validators.Add(given =>
        {
            if (line.IsLocalChain(given))
                given.AddError("'--chain local' is for the embedded network (src/Atoma.Api). Start a chain, deploy with 'chain deploy' of Atoma.Cli, and give its address.");
        });
        command.SetAction((given, cancellationToken) => RunAsync(
            line.Read(given) with { SiloPort = given.GetValue(siloPort), ClientPort = given.GetValue(clientPort) }, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(SiloSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Problems() is { Count: > 0 } problems)
        {
            foreach (var problem in problems)
                await Console.Error.WriteLineAsync(problem);
            return 2;
        }

        Console.WriteLine("Starting the core silo …");
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddAtomaDefaults();
        builder.AddAtomaTelemetry("atoma-silo");
        builder.AddAtomaSilo(settings);
        await using var app = builder.Build();
        app.UseAtomaSilo(settings);
        if (!await app.TryStartAsync(cancellationToken))
            return 1;
        var keys = await app.Services.GetRequiredService<DevelopmentKeys>().IssueAsync(cancellationToken);
        await app.Services.GetRequiredService<StartupProgress>().Done.WaitAsync(cancellationToken);
        Console.WriteLine($"""

            The core silo is up.
              API (another terminal):  dotnet run -c Release --project src/Atoma.Api -- --cluster 127.0.0.1:{settings.ClientPort}
              Node gateway:            http://127.0.0.1:{settings.GatewayPort}
              Development API key:     {keys.Api}
              Admin key:               {keys.Admin}
            """);
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
