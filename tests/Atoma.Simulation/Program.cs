using System.CommandLine;
using Atoma.Simulation.Commands;

return await SimulateCommand.Create().Parse(args).InvokeAsync();
