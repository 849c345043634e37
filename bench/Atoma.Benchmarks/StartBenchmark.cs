using System.CommandLine;
using System.Diagnostics;
using Atoma.Network.Tests;

namespace Atoma.Benchmarks;

/// <summary>From the start of the built program to its first checked answer: on an empty data folder, and again on the same.</summary>
internal static class StartBenchmark
{
    public static Command Create()
    {
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 5 };
        var command = new Command("start", "Seconds to the first answer, first and second start.") { runs };
        command.SetAction(async (given, _) =>
        {
            List<double> first = [], second = [], stop = [];
            for (var i = 0; i < given.GetValue(runs); i++)
            {
                var watch = Stopwatch.StartNew();
                await using var network = await LiveNetwork.StartAsync();
                await network.AskAsync("What is Atoma?", "checked");
                first.Add(watch.Elapsed.TotalSeconds);
                stop.Add((await network.InterruptAsync()).TotalSeconds);
                watch.Restart();
                await network.StartAgainAsync();
                await network.AskAsync("What is Atoma?", "checked");
                second.Add(watch.Elapsed.TotalSeconds);
            }

            Console.WriteLine($"start runs={given.GetValue(runs)} first_s={Statistics.Quantile(first, 0.5):F2} second_s={Statistics.Quantile(second, 0.5):F2} "
                + $"second_max_s={second.Max():F2} stop_max_s={stop.Max():F2}");
            return 0;
        });
        return command;
    }
}
