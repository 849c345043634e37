using System.CommandLine;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary><c>chain deploy</c>: the one command that needs neither network nor contracts.</summary>
internal static class DeployCommand
{
    public static Command Build(TimeProvider time)
    {
        var rpc = new Option<string>("--rpc") { Description = "JSON-RPC endpoint of the chain.", Required = true };
        var key = new Option<string?>("--key") { Description = "Key file: who pays; on a local chain anvil's first public key by default." };
        var settler = new Option<string>("--settler") { Description = "Address whose transactions redeem vouchers and post roots.", Required = true };
        var signers = new Option<string[]>("--verdict-signer") { Description = "Address of a verdict signer; repeat it, 1 to 15.", Required = true };
        var threshold = new Option<int?>("--verdict-threshold") { Description = "Verdict signers that have to agree; just more than half by default." };
        var token = new Option<string?>("--token") { Description = "ERC-20 token of 6 decimals to settle in; on a local chain a development token by default." };
        var epoch = new Option<int>("--epoch") { Description = "Seconds of the network's epoch: the contract's windows follow it.", DefaultValueFactory = _ => 3_600 };
        var claimDelay = new Option<int?>("--claim-delay") { Description = "Seconds from a root to its claims, in which the guardian can cancel it; by default 60 on a local chain, else half an epoch." };
        var admin = new Option<string?>("--admin") { Description = "Who schedules changes of parameters; the deployer by default." };
        var guardian = new Option<string?>("--guardian") { Description = "Who pauses, and cancels roots; the deployer by default." };
        var collateralMin = new Option<long>("--collateral-min") { Description = "Micros to register a node.", DefaultValueFactory = _ => 10_000_000 };
        var yes = new Option<bool>("--yes") { Description = "Deploy to a chain that is not local." };
        var command = new Command("deploy", "Put the contracts on a chain.") { rpc, key, settler, signers, threshold, token, epoch, claimDelay, admin, guardian, collateralMin, yes };
        command.SetAction((given, cancellationToken) => ChainCommand.RunAsync(
            new ChainOptions("", given.GetValue(rpc), given.GetValue(key), null),
            session => new DeployDesk(session, given.GetValue(rpc)!).DeployAsync(
                new DeployRequest(
                    Parsed.Address("--settler", given.GetValue(settler)!), [.. given.GetValue(signers)!.Select(s => Parsed.Address("--verdict-signer", s))], given.GetValue(threshold),
                    Optional(given, token), given.GetValue(epoch), given.GetValue(claimDelay), Optional(given, admin), Optional(given, guardian),
                    new Micros(given.GetValue(collateralMin)), given.GetValue(yes)),
                cancellationToken),
            given.InvocationConfiguration.Output, given.InvocationConfiguration.Error, time, cancellationToken));
        return command;
    }

    private static NodeId? Optional(ParseResult given, Option<string?> option) => given.GetValue(option) is { } text ? Parsed.Address(option.Name, text) : null;
}
