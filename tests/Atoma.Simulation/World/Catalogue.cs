using Atoma.Simulation.Core;
using Atoma.Simulation.Nodes;

namespace Atoma.Simulation.World;

/// <summary>All scenarios. A run takes them in turn: seed s plays number s mod count.</summary>
internal static class Catalogue
{
    /// <summary>P12: "adversary shares up to one half".</summary>
    private const double Half = 0.5;

    private static readonly string[] Checked = ["checked", "checked:3", "checked:5", "replicated:2", "replicated:3", "replicated:5"];

    /// <summary>Every strategy by its name; "mixed" draws one for each node.</summary>
    private static readonly (string Name, string Meaning, Func<Prng, Gang, Conduct> Make)[] Strategies =
    [
        ("smaller-model", "answers come from a cheaper model", (_, g) => WrongAnswer.SmallerModel(g)),
        ("lower-quant", "answers come from coarser weights", (_, g) => WrongAnswer.LowerQuant(g)),
        ("truncated-output", "half an answer, called whole or cancelled", (r, g) => r.Chance(0.5) ? WrongAnswer.Truncated(g) : WrongAnswer.FalseCancel(g)),
        ("skipped-eos", "the end-of-sequence token is kept out to sell more tokens", (_, g) => WrongAnswer.SkippedEnd(g)),
        ("padded-counts", "made-up positions after the end", (_, g) => WrongAnswer.Padded(g)),
        ("cached-answer", "an old answer, relabelled or not", (r, g) => r.Chance(0.5) ? WrongAnswer.Cached(g) : WrongAnswer.Stale(g)),
        ("prompt-swap", "a shorter prompt is answered", (_, g) => WrongAnswer.PromptSwap(g)),
        ("sampler-swap", "another temperature than asked", (_, g) => WrongAnswer.SamplerSwap(g)),
        ("prefill-attack", "a cheap model writes, the honest one makes the evidence", (_, g) => WrongAnswer.Prefill(g)),
        ("template-drift", "another chat template than the model's", (_, g) => WrongAnswer.TemplateDrift(g)),
        ("streams-otherwise", "shows other tokens than it commits to", (_, g) => new StreamsOtherwise(g)),
        ("lazy-checker", "votes for whatever it is shown", (_, g) => new LazyChecker(g)),
        ("griefing-dispute", "accuses every answer", (r, g) => r.Chance(0.8) ? new Griefer(g) : new Undecided(g)),
        ("changed-vote", "opens its vote otherwise than committed", (_, g) => new ChangesItsVote(g)),
        ("copied-commitment", "copies what others commit to or reveal", (r, g) => new CopiesCommitment(g, r.Chance(0.5))),
        ("abort-and-retry", "takes a commitment or a draw back", (r, g) => new AbortsAndRetries(g, r.Below(3))),
        ("withheld-reveal", "commits and never reveals, or checks and never votes", (r, g) => MakeSilent(r, g)),
        ("colluding-committee", "wrong answers, vouched for by each other", (_, g) => new Colluder(g, frames: false)),
        ("colluding-framers", "the same, and accuses everybody else", (_, g) => new Colluder(g, frames: true)),
    ];

    public static IReadOnlyList<Scenario> All { get; } = [.. Make()];

    public static Scenario? Find(string name) => All.FirstOrDefault(s => s.Name == name);

    private static Silent MakeSilent(Prng random, Gang gang) => random.Below(4) switch
    {
        0 => new Silent("silent-at-work", gang, atWork: true),
        1 => new Silent("withheld-reveal", gang, atReveal: true),
        2 => new Silent("silent-checker", gang, atCheck: true),
        _ => new Silent("withheld-vote", gang, atVote: true),
    };

    private static Conduct Mixed(Prng random, Gang gang) => Strategies[random.Below(Strategies.Length)].Make(random, gang);

    private static IEnumerable<Scenario> Make()
    {
        yield return new Scenario("honest", "everybody is honest and nothing breaks");
        yield return new Scenario("honest-large", "300 honest nodes, parallel requests") { NodesMin = 100, NodesMax = 300, RequestsMin = 2, RequestsMax = 6, SpacingMs = 500 };
        yield return new Scenario("honest-faults", "honest nodes; messages, nodes and coordinator fail") { Faults = Faults.Some, RequestsMax = 6 };
        yield return new Scenario("honest-storm", "the same, much of it") { Faults = Faults.Many };
        yield return new Scenario("coordinator-crash", "the coordinator dies between any two effects, before and after any commit")
        {
            Faults = new Faults { CoordinatorCrash = 0.02, LateCommit = 0.5, StoreDown = 0.05 }, Adversary = Mixed, AdversaryShareMax = 0.3,
        };
        foreach (var (name, meaning, make) in Strategies)
            yield return new Scenario(name, meaning) { Adversary = make, AdversaryShareMax = Half };
        yield return new Scenario("mixed", "every strategy at once") { Adversary = Mixed, AdversaryShareMax = Half, RequestsMax = 6 };
        yield return new Scenario("mixed-faults", "every strategy at once, and everything fails") { Adversary = Mixed, AdversaryShareMax = Half, Faults = Faults.Some, RequestsMax = 6 };
        yield return new Scenario("mixed-large", "100 to 300 nodes, every strategy, some faults")
        {
            Adversary = Mixed, AdversaryShareMax = Half, Faults = Faults.Some, NodesMin = 100, NodesMax = 300, RequestsMin = 3, RequestsMax = 8,
        };
        yield return new Scenario("small-market", "hardly enough nodes: draws run dry") { NodesMin = 2, NodesMax = 7, Adversary = Mixed, AdversaryShareMax = Half, Faults = Faults.Some };
        yield return new Scenario("seed-grinding", "requesters look for a nonce that draws the adversary's nodes") { Grinds = true, Adversary = (_, g) => new Colluder(g, false), AdversaryShareMax = Half };
        yield return new Scenario("sybil", "nodes below the collateral want to be drawn") { Sybils = 6, Adversary = (_, g) => WrongAnswer.SmallerModel(g), AdversaryShareMax = 0.3, Faults = Faults.Some };
        yield return new Scenario("censored-audit", "what auditors are sent is lost") { Censors = true, Adversary = (_, g) => new Colluder(g, false), AdversaryShareMax = Half, Levels = Checked };
        yield return new Scenario("honest-hardware", "honest nodes of two hardware classes, never bit-equal") { OtherHardware = 0.5, NodesMin = 10 };
        yield return new Scenario("replay", "old settlements and slashes are sent to the books again") { Replays = true, Adversary = Mixed, AdversaryShareMax = 0.4, Faults = Faults.Some };
        yield return new Scenario("double-spend", "parallel requests of an account with money for one") { DoubleSpends = true, RequestsMin = 4, RequestsMax = 8, NodesMin = 10 };
        yield return new Scenario("parallel", "unchecked answers at a few nodes at once, up to what their collateral covers")
        {
            NodesMin = 3, NodesMax = 6, RequestsMin = 8, RequestsMax = 14, SpacingMs = 60, Levels = ["none", "sampled"], Adversary = Mixed, AdversaryShareMax = 0.3,
        };
        yield return new Scenario("disputes", "requesters doubt what they got, with and without reason")
        {
            Disputes = 0.7, Adversary = (r, g) => r.Chance(0.5) ? WrongAnswer.SmallerModel(g) : new Colluder(g, false), AdversaryShareMax = Half, Levels = ["none", "sampled", "sampled", "checked"],
        };
        yield return new Scenario("cancels", "requesters read and leave") { Cancels = 0.8, Adversary = Mixed, AdversaryShareMax = 0.3 };
        yield return new Scenario("meddlers", "nodes speak about requests that are not theirs") { Meddles = true, Adversary = Mixed, AdversaryShareMax = 0.2 };
        yield return new Scenario("beacon-end", "the beacon's chain ends in the middle") { EndsChain = true, Faults = new Faults { CoordinatorCrash = 0.005 } };
    }
}
