using System.CommandLine;

namespace Atoma.Cli.Models;

/// <summary><c>models list</c> and <c>models pull</c>.</summary>
public static class ModelsCommand
{
    /// <summary>Names another hub than the public one: a mirror, or a test's loopback server.</summary>
    public const string HubVariable = "ATOMA_HUB";

    private const string PublicHub = "https://huggingface.co";

    public static Command Build() => new("models", "List and download models.") { List(), Pull() };

    private static Command List()
    {
        var command = new Command("list", "Models that can be pulled by name.");
        command.SetAction(_ =>
        {
            foreach (var model in ModelCatalogue.All)
                Console.WriteLine($"{model.Name,-24} {model.Size,-8} {model.Repository}/{model.File}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Pull()
    {
        var name = new Argument<string?>("name") { Description = "A name of 'models list'.", Arity = ArgumentArity.ZeroOrOne };
        var url = new Option<string?>("--url") { Description = "Download this address instead of a named model." };
        var sha256 = new Option<string?>("--sha256") { Description = "64 hex digits that the file must hash to." };
        var to = new Option<DirectoryInfo>("--to") { Description = "Folder to put it in.", DefaultValueFactory = _ => new DirectoryInfo("models") };
        var command = new Command("pull", "Download a model, resumably, and check its hash.") { name, url, sha256, to };
        command.SetAction((result, cancellationToken) => RunAsync(
            result.GetValue(name), result.GetValue(url), result.GetValue(sha256), result.GetRequiredValue(to),
            Environment.GetEnvironmentVariable(HubVariable) ?? PublicHub, Console.Out, Console.Error, cancellationToken));
        return command;
    }

    public static async Task<int> RunAsync(
        string? name, string? url, string? sha256, DirectoryInfo to, string hub, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if ((name is null) == (url is null))
            return Fail("Say either a name of 'models list' or --url.", errors);
        if (sha256 is not null && !Protocol.Common.Hash32.TryParse(sha256, out _))
            return Fail("--sha256 is 64 hex digits.", errors);
        if (url is not null && sha256 is null)
            return Fail("--url needs --sha256: the address alone proves nothing about the file.", errors);
        var model = name is null ? null : ModelCatalogue.Find(name);
        if (name is not null && model is null)
            return Fail($"There is no model '{name}' in the catalogue. 'models list' shows them; --url takes any other.", errors);
        var address = url ?? $"{hub.TrimEnd('/')}/{model!.Path}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var source) || source.Scheme is not ("http" or "https"))
            return Fail($"{address} is not an http address.", errors);

        var target = Path.Combine(to.FullName, model?.File ?? Path.GetFileName(source.LocalPath));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var download = new ModelDownload(http, TimeProvider.System, new ProgressLine(output, TimeProvider.System, interactive: !Console.IsOutputRedirected));
        try
        {
            var result = await download.RunAsync(source, sha256, target, cancellationToken);
            output.WriteLine(result.AlreadyThere ? $"{result.Path} is there already and its hash is right." : $"Wrote {result.Path}, {result.Length} bytes.");
            output.WriteLine($"SHA-256 {result.Sha256} ({(sha256 is not null ? "as given" : "as the hub announced it")})");
            output.WriteLine($"Run it: dotnet run -c Release --project src/Atoma.Api -- --model {Path.GetRelativePath(Environment.CurrentDirectory, result.Path)}");
            return ExitCode.Ok;
        }
        catch (DownloadException e)
        {
            errors.WriteLine($"Could not download {source}: {e.Message}");
            errors.WriteLine($"By hand: fetch that address with any browser or tool, put the file anywhere, and pass its path with --model.");
            return e.IsCorrupt ? ExitCode.Failed : ExitCode.Unavailable;
        }
    }

    private static int Fail(string message, TextWriter errors)
    {
        errors.WriteLine(message);
        return ExitCode.Unavailable;
    }
}
