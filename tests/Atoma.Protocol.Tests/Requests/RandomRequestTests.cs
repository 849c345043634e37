using Atoma.Protocol.Requests;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Requests;

/// <summary>Random casts, orders, cancellations, losses, repeats and recoveries; each seed is a whole request.</summary>
public sealed class RandomRequestTests
{
    private static readonly string[] Levels = ["none", "sampled", "checked", "checked:3", "replicated:2", "replicated:3", "replicated:5"];

    [Fact]
    public void Run_AnyCastAndOrder_KeepsTheInvariants()
    {
        var ends = new Dictionary<string, int>();
        for (var seed = 1; seed <= 200; seed++)
        {
            try
            {
                var state = Play(seed);
                var end = $"{state.Phase}/{state.Refund}";
                ends[end] = ends.GetValueOrDefault(end) + 1;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}", e);
            }
        }

        // The invariants are the harness's; here only that the simulator reaches what it is meant to reach.
        Assert.True(ends.Count >= 6, string.Join(' ', ends));
        Assert.True(ends["Settled/None"] > 50, string.Join(' ', ends));
    }

    private static RequestState Play(int seed)
    {
        var random = new Random(seed);
        var cheats = Enum.GetValues<Cheat>();
        var honesty = random.NextDouble();
        var harness = new RequestHarness(
            Levels[random.Next(Levels.Length)], nodes: random.Next(1, 16), streaming: random.Next(2) == 0, maxTokens: random.Next(3, 30),
            temperature: random.Next(3) == 0 ? 0 : 1, order: random, seed: (ulong)seed, scored: random.Next(3) == 0 ? 2 : null)
        {
            Casting = (_, _) => random.NextDouble() < honesty ? Cheat.None : cheats[random.Next(cheats.Length)],
        };
        var trouble = random.NextDouble() * 0.1;
        harness.Before = h =>
        {
            if (random.NextDouble() > trouble || h.State.IsTerminal)
                return;
            switch (random.Next(4))
            {
                case 0:
                    h.Happen(new RequestEvent.CancelRequested());
                    break;
                case 1:
                    var lost = h.Nodes[random.Next(h.Nodes.Length)];
                    lost.Cheat = lost.Cheat == Cheat.None ? Cheat.Lost : lost.Cheat;
                    h.Happen(new RequestEvent.NodeLost(lost.Id));
                    break;
                case 2 when h.Mail.Count > 0:
                    var repeated = h.Mail[random.Next(h.Mail.Count)];
                    if (repeated.Message is not (Protocol.Nodes.NodeMessage.Progress or Protocol.Nodes.NodeMessage.Scored))
                        h.Say(repeated.Node, repeated.Message);
                    break;
                case 3 when random.Next(20) == 0:
                    h.Happen(new RequestEvent.Recovered());
                    break;
            }
        };
        return harness.Run();
    }
}
