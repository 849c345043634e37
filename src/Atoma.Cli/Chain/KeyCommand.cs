using System.CommandLine;
using Atoma.Ethereum.Keys;

namespace Atoma.Cli.Chain;

/// <summary><c>chain key</c>: what every other command signs with.</summary>
internal static class KeyCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("file") { Description = "Key file." };
        var command = new Command("key", "Make a key file, or show the address of one that is there.") { file };
        command.SetAction(given => Run(given.GetValue(file)!, given.InvocationConfiguration.Output, given.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string file, TextWriter output, TextWriter error)
    {
        try
        {
            var isThere = File.Exists(file);
            using var key = KeyFile.LoadOrCreate(file);
            output.WriteLine($"""
                Address      {key.Id}
                Key          {(isThere ? "in" : "made, in")} {file}, not encrypted: who reads the file has the money. Keep a copy where nobody else does.
                """);
            return ExitCode.Ok;
        }
        catch (KeyFileException e)
        {
            error.WriteLine(e.Message);
            return ExitCode.Unavailable;
        }
    }
}
