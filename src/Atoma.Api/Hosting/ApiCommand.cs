using System.CommandLine;
using System.Net;
using Atoma.Silo.Hosting;

namespace Atoma.Api.Hosting;

/// <summary>The API's command line: the embedded network by default, an Orleans client of a running cluster with <c>--cluster</c>.</summary>
internal static class ApiCommand
{
    public static RootCommand Create()
    {
        var line = new SiloCommandLine();
        var urls = new Option<string>("--urls") { Description = "Loopback addresses of the REST API, separated by ';'.", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var cluster = new Option<string?>("--cluster") { Description = "Client port of a running core silo, e.g. 127.0.0.1:30000, instead of the embedded network." };
        var root = new RootCommand("Atoma: verifiable AI inference behind an OpenAI-compatible API. Starts a whole network in one process.") { urls, cluster };
        line.AddTo(root);
        root.SetAction(async (given, cancellationToken) =>
        {
            var settings = line.Read(given);
            var addresses = given.GetValue(urls)!;
            IPEndPoint? silo = null;
            List<string> problems = [.. ListenAddresses.Problems(addresses)];
            if (given.GetValue(cluster) is not { } endpoint)
                problems.AddRange(settings.Problems());
            else if (!IPEndPoint.TryParse(endpoint, out silo))
                problems.Add($"--cluster is '{endpoint}', must be ADDRESS:PORT.");
            foreach (var problem in problems)
                await Console.Error.WriteLineAsync(problem);
            if (problems.Count > 0)
                return 2;
            if (silo is not null)
                return await ClusterClient.RunAsync(silo, addresses, cancellationToken);
            return line.IsLocalChain(given)
                ? await EmbeddedNetwork.RunOnLocalChainAsync(settings, addresses, cancellationToken)
                : await EmbeddedNetwork.RunAsync(settings, addresses, cancellationToken);
        });
        return root;
    }
}
