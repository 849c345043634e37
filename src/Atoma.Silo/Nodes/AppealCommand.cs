using System.CommandLine;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;

namespace Atoma.Silo.Nodes;

/// <summary><c>node appeal</c>: what an operator can do about a slash (P8.5).</summary>
internal static class AppealCommand
{
    /// <summary>An appeal of a sequential test verifies up to 256 receipts before it answers.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var key = new Option<string>("--key") { Description = "Key file of the node.", Required = true };
        var api = new Option<string>("--api") { Description = "The network's REST API.", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var slash = new Option<string?>("--slash") { Description = "Id of the slash to appeal; without one the node's open slashes are listed." };
        var evidence = new Option<string?>("--evidence") { Description = "Writes the receipt that the slash rests on to this file, instead of appealing." };
        var command = new Command("appeal", "List a node's open slashes, read the evidence, appeal one.") { key, api, slash, evidence };
        command.SetAction((given, cancellationToken) => RunAsync(
            given.GetValue(key)!, given.GetValue(api)!, given.GetValue(slash), given.GetValue(evidence), Console.Out, Console.Error, cancellationToken));
        return command;
    }

    /// <summary>0 when done, 1 when the network refused or is not there, 2 when an option is wrong.</summary>
    internal static async Task<int> RunAsync(string key, string api, string? slash, string? evidence, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(api, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return await Fail(2, $"--api is '{api}', must be an address such as http://127.0.0.1:5080.");
        var id = Hash32.Zero;
        if (slash is null ? evidence is not null : !Hash32.TryParse(slash, out id))
            return await Fail(2, slash is null ? "--evidence needs --slash. Without both, the node's open slashes are listed." : $"--slash is '{slash}', must be 64 hex digits as listed without --slash.");
        try
        {
            using var signer = KeyFile.Load(key);
            using var http = new HttpClient { BaseAddress = address, Timeout = Patience };
            var desk = new AppealDesk(http, signer, output);
            await (slash is null ? desk.ListAsync(cancellationToken)
                : evidence is null ? desk.AppealAsync(id, cancellationToken)
                : desk.SaveEvidenceAsync(id, evidence, cancellationToken));
            return 0;
        }
        catch (KeyFileException e)
        {
            return await Fail(2, e.Message);
        }
        catch (AppealRefusedException e)
        {
            return await Fail(1, e.Message);
        }
        catch (HttpRequestException e)
        {
            return await Fail(1, $"The API at {address} cannot be reached: {e.Message} Start the network, or name its API by --api.");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return await Fail(1, $"The API at {address} did not answer within {Patience.TotalSeconds:F0} s. Try again: an appeal that arrived counts once.");
        }
        catch (IOException e)
        {
            return await Fail(2, $"--evidence cannot be written: {e.Message}");
        }

        async Task<int> Fail(int code, string message)
        {
            await error.WriteLineAsync(message);
            return code;
        }
    }
}
