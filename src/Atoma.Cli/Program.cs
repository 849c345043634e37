using System.CommandLine;
using Atoma.Cli.Chain;
using Atoma.Cli.Economics;
using Atoma.Cli.Models;
using Atoma.Cli.Nodes;
using Atoma.Cli.Verify;

var root = new RootCommand("Atoma: checks receipts offline, says what audits and collateral buy, downloads models, speaks for a node, moves money on the settlement chain.")
{
    VerifyCommand.Build(),
    EconomicsCommand.Build(),
    ModelsCommand.Build(),
    NodeCommand.Build(),
    ChainCommand.Build(TimeProvider.System),
};
return await root.Parse(args).InvokeAsync();
