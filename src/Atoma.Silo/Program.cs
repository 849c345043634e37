using System.CommandLine;
using Atoma.Silo.Hosting;
using Atoma.Silo.Nodes;

var root = new RootCommand("Atoma: a network for verifiable AI inference.") { SiloCommand.Create(), NodeCommand.Create(), EchelonCommand.Create() };
return await root.Parse(args).InvokeAsync();
