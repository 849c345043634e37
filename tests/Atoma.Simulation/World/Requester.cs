using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Core;

namespace Atoma.Simulation.World;

/// <summary>All requesters of a world: they order, order again when nobody answers, read, and some leave when they have read enough.</summary>
internal sealed class Requester(SimWorld world)
{
    private const int RetryMs = 2_000;

    /// <summary>Nonces a grinding requester tries.</summary>
    private const int GrindTries = 8;

    private readonly Dictionary<Hash32, Order> _orders = [];
    private readonly Dictionary<Hash32, int> _read = [];

    public void Plan(int requests)
    {
        var at = 0;
        for (var i = 0; i < requests; i++)
        {
            var order = Make(i);
            _orders[order.Id] = order;
            world.Time.After(at, () => Submit(order));
            at += world.Scenario.DoubleSpends ? world.Random.Below(30) : world.Random.Below(world.Scenario.SpacingMs);
        }
    }

    private Order Make(int number)
    {
        var random = world.Random;
        var isLevel = IntegrityLevel.TryParse(random.Pick(world.Scenario.Levels), out var level);
        Invariant.Assert(isLevel);
        int[] prompt = [.. Enumerable.Range(0, random.Between(1, 12)).Select(_ => 2 + random.Below(Model.Brain.Vocabulary - 2))];
        var account = $"account{(world.Scenario.DoubleSpends ? 0 : number % 3)}";
        var nonce = world.Scenario.Grinds ? Grind(account, random) : random.Hash();
        var parameters = new SamplingParameters
        {
            Temperature = random.Pick<double>([0, 0.7, 1, 1]),
            TopK = random.Pick<int>([0, 0, 8]),
            MaxTokens = random.Between(4, 40),
            IgnoreEndOfSequence = random.Chance(0.3),
            TopLogprobs = random.Chance(0.1) ? 2 : 0,
            Seed = RequestSpec.DrawnSeed(RequestSpec.IdOf(account, nonce)),
        };
        return new Order(
            account, random.Chance(0.5) ? $"key{number}" : "", nonce, level, prompt, parameters, random.Chance(0.5),
            random.Chance(world.Scenario.Cancels) ? random.Below(10) : null);
    }

    /// <summary>Looks for a nonce that would draw one of the adversary's nodes, were the next beacon step the last one known.</summary>
    private Hash32 Grind(string account, Prng random)
    {
        var known = world.Disk.Reveal(world.Disk.Chain, Math.Max(1, world.Disk.Step));
        EligibleNode[] all = [.. world.Nodes.Select(n => new EligibleNode(n.Id, SimWorld.Echelon(n.Hardware), n.InputPrice, n.OutputPrice))];
        var best = random.Hash();
        for (var i = 0; i < GrindTries; i++)
        {
            var nonce = random.Hash();
            if (Draw.One(DrawPurpose.Primary, 0, known, RequestSpec.IdOf(account, nonce), nonce, all, new HashSet<NodeId>()) is { } draw
                && !world.Node(draw.Chosen.Node).Conduct.IsHonest)
                best = nonce;
        }

        return best;
    }

    /// <summary>The request is over; some requesters doubt what they got.</summary>
    public void Ended(Hash32 request)
    {
        if (!world.Random.Chance(world.Scenario.Disputes))
            return;
        world.Time.After(world.Random.Between(100, 1_000_000), () =>
        {
            try
            {
                world.Coordinator?.Dispute(request);
            }
            catch (StoreDownException)
            {
                // It is told to try again, and does not.
            }
        });
    }

    private void Submit(Order order)
    {
        try
        {
            if (world.Coordinator is { } coordinator)
            {
                coordinator.Submit(order);
                if (order.CancelAfter == 0)
                    world.Time.After(world.Random.Below(500), () => world.Coordinator?.Cancel(order.Id));
                return;
            }
        }
        catch (StoreDownException)
        {
            // Asked again below, under the same id.
        }
        catch (CoordinatorCrashException)
        {
            world.Time.After(RetryMs, () => Submit(order));
            throw;
        }

        world.Time.After(RetryMs, () => Submit(order));
    }

    public void Reads(Hash32 request, IReadOnlyList<int> tokens)
    {
        if (!_orders.TryGetValue(request, out var order))
            return;
        var read = _read[request] = _read.GetValueOrDefault(request) + tokens.Count;
        if (order.CancelAfter is { } enough && read >= enough && read - tokens.Count < enough)
            world.Time.After(world.Random.Between(1, 200), () => world.Coordinator?.Cancel(request));
    }
}
