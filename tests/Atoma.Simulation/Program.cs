using System.CommandLine;
using Atoma.Simulation.Commands;

// Ctrl-C ends with what was found: the seeds under way are played to their end first.
return await SimulateCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
