using System.CommandLine;
using Atoma.Cli.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary><c>chain</c>: money on the settlement chain, for requesters, node owners, and whoever deploys the contracts.</summary>
public static class ChainCommand
{
    /// <summary>Which of the common options a command cannot do without.</summary>
    [Flags]
    private enum Needs
    {
        Nothing = 0,
        Key = 1,
        Rpc = 2,
        Both = Key | Rpc,
    }

    /// <param name="time">For waiting and timestamps.</param>
    public static Command Build(TimeProvider time)
    {
        var micros = new Argument<long>("micros") { Description = "How much; the token's smallest unit is one micro." };
        var sum = new Argument<string>("micros") { Description = $"How much, or '{Parsed.All}'." };
        var asked = new Argument<string?>("micros") { Description = $"How much, or '{Parsed.All}'.", Arity = ArgumentArity.ZeroOrOne };
        var address = new Argument<string>("address") { Description = "0x and 40 hex digits." };
        var anyone = new Argument<string?>("address") { Description = "Whose; the key's own by default.", Arity = ArgumentArity.ZeroOrOne };
        var node = new Argument<string>("node") { Description = "The node's address." };
        var slash = new Argument<string>("slash") { Description = "Id, as 'node slashes' lists it." };
        var account = new Option<string?>("--for") { Description = "Whose deposit it becomes; the key's own by default." };
        var cancel = new Option<bool>("--cancel") { Description = "Take the notice back." };
        var finish = new Option<bool>("--finish") { Description = "Take out what was asked for, once the delay is over." };
        var nodeKey = new Option<string>("--node-key") { Description = "Key file of the node.", Required = true };
        var newKey = new Option<string>("--new-key") { Description = "Key file of the new receipt key.", Required = true };
        var collateral = new Option<long>("--collateral") { Description = "Micros, at least the contract's minimum.", Required = true };
        return new Command("chain", "Deposit, spend and take out on the settlement chain; register and bond nodes; claim what they earned.")
        {
            KeyCommand.Build(),
            DeployCommand.Build(time),
            Sub(time, "fund", "Give an address ether and development tokens; local chains only.", Needs.Rpc, [address, micros], (s, g, c) => new LocalFunds(s).FundAsync(Parsed.Address("address", g.GetValue(address)!), g.GetValue(micros), c)),
            Sub(time, "status", "The chain beside the books, what is on its way, and what is wrong.", Needs.Nothing, [], (s, _, c) => new StatusDesk(s).StatusAsync(c)),
            Sub(time, "position", "An address's money on the chain and in the books.", Needs.Nothing, [anyone], (s, g, c) => new StatusDesk(s).PositionAsync(OrNull("address", g.GetValue(anyone)), c)),
            Sub(time, "deposit", "Pay tokens in.", Needs.Both, [micros, account], (s, g, c) => new RequesterDesk(s).DepositAsync(Parsed.Amount(g.GetValue(micros)), OrNull("--for", g.GetValue(account)), c)),
            Sub(time, "voucher", "Open the deposit for spending: sign the sum that may be spent over the account's life.", Needs.Key, [sum], (s, g, c) => new RequesterDesk(s).VoucherAsync(Parsed.AmountOrAll(g.GetValue(sum)!), c)),
            Sub(time, "api-key", "Make an API key for the account; it is shown once.", Needs.Key, [], (s, _, c) => new RequesterDesk(s).ApiKeyAsync(c)),
            Sub(time, "exit", "Take the deposit out: give notice, wait, finish.", Needs.Both, [asked, cancel, finish], (s, g, c) => ExitAsync(new RequesterDesk(s), g.GetValue(asked), g.GetValue(cancel), g.GetValue(finish), c)),
            Sub(time, "register", "Register a node with collateral; --key becomes its owner.", Needs.Both, [nodeKey, collateral], (s, g, c) => new CollateralDesk(s).RegisterAsync(g.GetValue(nodeKey)!, Parsed.Amount(g.GetValue(collateral)), c)),
            Sub(time, "bond", "Add collateral to a node.", Needs.Both, [node, micros], (s, g, c) => new CollateralDesk(s).BondAsync(Node(g, node), Parsed.Amount(g.GetValue(micros)), c)),
            Sub(time, "unbond", "Give notice of taking collateral out.", Needs.Both, [node, micros], (s, g, c) => new CollateralDesk(s).UnbondAsync(Node(g, node), Parsed.Amount(g.GetValue(micros)), c)),
            Sub(time, "withdraw", "Pay collateral that is due to the node's owner.", Needs.Both, [node], (s, g, c) => new CollateralDesk(s).WithdrawAsync(Node(g, node), c)),
            Sub(time, "rotate", "Have another key sign for a node.", Needs.Both, [node, newKey], (s, g, c) => new CollateralDesk(s).RotateAsync(Node(g, node), g.GetValue(newKey)!, c)),
            Sub(time, "claim", "Claim what a node earned, by proof; it is paid to its owner.", Needs.Both, [node], (s, g, c) => new PayoutDesk(s).ClaimAsync(Node(g, node), c)),
            Sub(time, "appeal", "Appeal a slash on the chain, as the node's owner.", Needs.Both, [slash], (s, g, c) => new PayoutDesk(s).AppealAsync(Parsed.Slash(g.GetValue(slash)!), c)),
        };
    }

    private static Command Sub(
        TimeProvider time, string name, string description, Needs needs, IReadOnlyList<Symbol> symbols, Func<ChainSession, ParseResult, CancellationToken, Task> run)
    {
        var api = new Option<string>("--api") { Description = "The network's REST API.", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var rpc = new Option<string?>("--rpc") { Description = "JSON-RPC endpoint of the chain.", Required = needs.HasFlag(Needs.Rpc) };
        var key = new Option<string?>("--key") { Description = "Key file: who signs and pays.", Required = needs.HasFlag(Needs.Key) };
        var settlement = new Option<string?>("--settlement") { Description = "Address of the settlement contract; asked of the API by default." };
        var command = new Command(name, description) { api, key };
        if (needs.HasFlag(Needs.Rpc))
        {
            command.Add(rpc);
            command.Add(settlement);
        }

        foreach (var option in symbols.OfType<Option>())
            command.Add(option);
        foreach (var argument in symbols.OfType<Argument>())
            command.Add(argument);
        command.SetAction((given, cancellationToken) => RunAsync(
            new ChainOptions(given.GetValue(api)!, needs.HasFlag(Needs.Rpc) ? given.GetValue(rpc) : null, given.GetValue(key), needs.HasFlag(Needs.Rpc) ? given.GetValue(settlement) : null),
            session => run(session, given, cancellationToken), given.InvocationConfiguration.Output, given.InvocationConfiguration.Error, time, cancellationToken));
        return command;
    }

    /// <summary>0 when done, 1 when network or chain refused, 2 when one is not there or an argument is wrong.</summary>
    internal static async Task<int> RunAsync(
        ChainOptions options, Func<ChainSession, Task> run, TextWriter output, TextWriter error, TimeProvider time, CancellationToken cancellationToken)
    {
        using var session = new ChainSession(options, output, time);
        try
        {
            await run(session);
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is KeyFileException or FormatException)
        {
            return Fail(ExitCode.Unavailable, e.Message);
        }
        catch (ChainRevertedException e)
        {
            return Fail(ExitCode.Failed, RevertAdvice.Of(e));
        }
        catch (Exception e) when (e is DeskRefusedException or ChainRejectedException)
        {
            return Fail(ExitCode.Failed, e.Message);
        }
        catch (ChainUnavailableException e)
        {
            return Fail(ExitCode.Unavailable, $"{e.Message} If a transaction was sent, it may still be mined: look with 'chain position' before you repeat it. --rpc names the endpoint.");
        }
        catch (HttpRequestException e)
        {
            return Fail(ExitCode.Unavailable, $"The API at {options.Api} cannot be reached: {e.Message} Start the network, name its API by --api, or name the contract by --settlement where nothing else is asked of the API.");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fail(ExitCode.Unavailable, $"The API at {options.Api} did not answer within {ChainSession.Patience.TotalSeconds:F0} s. What was asked may have been done: look with 'chain position' before you repeat it.");
        }

        int Fail(int code, string message)
        {
            error.WriteLine(message);
            return code;
        }
    }

    private static Task ExitAsync(RequesterDesk desk, string? amount, bool cancel, bool finish, CancellationToken cancellationToken) => (amount, cancel, finish) switch
    {
        ({ } text, false, false) => desk.ExitAsync(Parsed.AmountOrAll(text), cancellationToken),
        (null, true, false) => desk.CancelExitAsync(cancellationToken),
        (null, false, true) => desk.FinishExitAsync(cancellationToken),
        _ => throw new FormatException($"Say one of: chain exit MICROS, chain exit {Parsed.All}, chain exit --cancel, chain exit --finish."),
    };

    private static NodeId Node(ParseResult given, Argument<string> node) => Parsed.Address("node", given.GetValue(node)!);

    private static NodeId? OrNull(string what, string? text) => text is null ? null : Parsed.Address(what, text);
}
