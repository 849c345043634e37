using System.CommandLine;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Nodes;

/// <summary><c>node</c>: what an operator sees and does about its node, with the node's key file.</summary>
public static class NodeCommand
{
    /// <summary>An appeal of a sequential test verifies up to 256 receipts before it answers.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Command Build()
    {
        var amount = new Option<long?>("--micros") { Description = "How much; all earnings by default." };
        var to = new Option<string?>("--to") { Description = "Address that is paid; the node's own by default." };
        var file = new Option<string>("--to") { Description = "File to write.", Required = true };
        var account = new Option<string>("--account") { Description = "earnings, collateral, frozen or payable.", DefaultValueFactory = _ => "earnings" };
        account.AcceptOnlyFromAmong("earnings", "collateral", "frozen", "payable");
        var limit = new Option<int>("--limit") { Description = "Lines, 1 to 500.", DefaultValueFactory = _ => 50 };
        var slash = new Argument<string>("slash") { Description = "Id, as 'node slashes' lists it." };
        return new Command("node", "See what a node earned, bonded and lost; take it out; appeal slashes; leave.")
        {
            Sub("status", "State, collateral, earnings.", [], (desk, _, cancel) => desk.StatusAsync(cancel)),
            Sub("statement", "What an account of the node did, newest first.", [account, limit], (desk, given, cancel) => desk.StatementAsync(given.GetValue(account)!, given.GetValue(limit), cancel)),
            Sub("payouts", "Payouts and what became of them.", [], (desk, _, cancel) => desk.PayoutsAsync(cancel)),
            Sub("payout", "Ask for earnings.", [amount, to], (desk, given, cancel) => desk.PayoutAsync(Positive(given.GetValue(amount)), Address(given.GetValue(to), desk), cancel)),
            Sub("bond", "Make earnings collateral.", [amount], (desk, given, cancel) => desk.BondAsync(Positive(given.GetValue(amount)), cancel)),
            Sub("unbond", "Leave: no new work at once; after two epochs collateral and earnings are paid out.", [], (desk, _, cancel) => desk.UnbondAsync(cancel)),
            Sub("slashes", "Open slashes, and what to do about each.", [], (desk, _, cancel) => desk.SlashesAsync(cancel)),
            Sub("evidence", "Write what a slash rests on to a file.", [slash, file], (desk, given, cancel) => desk.SaveEvidenceAsync(Id(given.GetValue(slash)!), given.GetValue(file)!, cancel)),
            Sub("appeal", "Appeal a frozen slash, once.", [slash], (desk, given, cancel) => desk.AppealAsync(Id(given.GetValue(slash)!), cancel)),
        };
    }

    private static Command Sub(string name, string description, IReadOnlyList<Symbol> symbols, Func<NodeDesk, ParseResult, CancellationToken, Task> run)
    {
        var key = new Option<string>("--key") { Description = "Key file of the node.", Required = true };
        var api = new Option<string>("--api") { Description = "The network's REST API.", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var command = new Command(name, description) { key, api };
        foreach (var option in symbols.OfType<Option>())
            command.Add(option);
        foreach (var argument in symbols.OfType<Argument>())
            command.Add(argument);
        command.SetAction((given, cancellationToken) =>
            RunAsync(given.GetValue(key)!, given.GetValue(api)!, desk => run(desk, given, cancellationToken), Console.Out, Console.Error, cancellationToken));
        return command;
    }

    /// <summary>0 when done, 1 when the network refused, 2 when it is not there or an option is wrong.</summary>
    public static async Task<int> RunAsync(string key, string api, Func<NodeDesk, Task> run, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(api, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return Fail(ExitCode.Unavailable, $"--api is '{api}', must be an address such as http://127.0.0.1:5080.");
        try
        {
            using var signer = KeyFile.Load(key);
            using var http = new HttpClient { BaseAddress = address, Timeout = Patience };
            await run(new NodeDesk(http, signer, output));
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is KeyFileException or FormatException)
        {
            return Fail(ExitCode.Unavailable, e.Message);
        }
        catch (DeskRefusedException e)
        {
            return Fail(ExitCode.Failed, e.Message);
        }
        catch (HttpRequestException e)
        {
            return Fail(ExitCode.Unavailable, $"The API at {address} cannot be reached: {e.Message} Start the network, or name its API by --api.");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fail(ExitCode.Unavailable, $"The API at {address} did not answer within {Patience.TotalSeconds:F0} s. What was asked may have been done: look with 'node status' before you repeat it.");
        }
        catch (IOException e)
        {
            return Fail(ExitCode.Unavailable, $"The file cannot be written: {e.Message}");
        }

        int Fail(int code, string message)
        {
            error.WriteLine(message);
            return code;
        }
    }

    private static long? Positive(long? micros) => micros is <= 0 ? throw new FormatException($"--micros is {micros}, must be above 0.") : micros;

    private static NodeId Address(string? to, NodeDesk desk) =>
        to is null ? desk.Node : NodeId.TryParse(to, out var address) ? address : throw new FormatException($"--to is '{to}', must be an address, 0x and 40 hex digits.");

    private static Hash32 Id(string slash) => Hash32.TryParse(slash, out var id) ? id : throw new FormatException($"'{slash}' is no id of a slash; 'node slashes' lists them.");
}
