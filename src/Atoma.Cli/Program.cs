using System.CommandLine;
using Atoma.Cli.Models;
using Atoma.Cli.Verify;

var root = new RootCommand("Atoma: checks receipts offline and downloads models.")
{
    VerifyCommand.Build(),
    ModelsCommand.Build(),
};
return await root.Parse(args).InvokeAsync();
