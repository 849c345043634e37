using System.CommandLine;
using Atoma.Cli.Economics;
using Atoma.Cli.Models;
using Atoma.Cli.Nodes;
using Atoma.Cli.Verify;

var root = new RootCommand("Atoma: checks receipts offline, says what audits and collateral buy, downloads models, speaks for a node.")
{
    VerifyCommand.Build(),
    EconomicsCommand.Build(),
    ModelsCommand.Build(),
    NodeCommand.Build(),
};
return await root.Parse(args).InvokeAsync();
