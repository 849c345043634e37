using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Simulation.Core;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Mutants;

/// <summary>A bug planted into the simulated shell's decisions, and where to look for what it breaks.</summary>
/// <param name="Name">Short.</param>
/// <param name="Meaning">What is wrong with it.</param>
/// <param name="Make">The rules with the bug.</param>
/// <param name="Scenarios">Scenarios in which it can show.</param>
internal sealed record Bug(string Name, string Meaning, Func<RequestOptions, ISignatureScheme, Rules> Make, params string[] Scenarios);

/// <summary>What became of a hunt.</summary>
/// <param name="Bug">Looked for.</param>
/// <param name="Finding">The first violation of an invariant of the auditor; null when none was found.</param>
/// <param name="Seeds">Seeds played.</param>
internal sealed record Hunt(Bug Bug, Finding? Finding, int Seeds);

/// <summary>Plays seeds until the auditor sees a bug.</summary>
internal static class Hunter
{
    /// <summary>Seeds after which a bug counts as not found.</summary>
    public const int SeedsMax = 400;

    /// <summary>An assertion of the protocol's own or a crash is no find: it is the auditor that has to see it.</summary>
    public static Hunt Find(Bug bug)
    {
        for (var i = 0; i < SeedsMax; i++)
        {
            var scenario = Catalogue.Find(bug.Scenarios[i % bug.Scenarios.Length])!;
            var finding = Runner.Play(scenario, (ulong)(1 + i), new RunOptions(Bug: bug.Make), out _);
            if (finding is { Invariant: not (Runner.Assertion or Runner.Crash or Runner.Livelock) })
                return new Hunt(bug, finding, i + 1);
        }

        return new Hunt(bug, null, SeedsMax);
    }
}
