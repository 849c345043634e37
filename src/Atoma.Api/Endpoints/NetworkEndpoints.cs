using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints;

/// <summary>The network at a glance.</summary>
/// <param name="Object">"network".</param>
/// <param name="Epoch">Number of the epoch.</param>
/// <param name="EpochEndsAt">When the next begins.</param>
/// <param name="Coordinator">Address whose signature receipts bear.</param>
/// <param name="Ready">Whether a token was generated and verified since the network started.</param>
/// <param name="Nodes">How many there are.</param>
/// <param name="Models">Model ids.</param>
/// <param name="Requests">Number of requests by status.</param>
/// <param name="OpenSlashes">Open cases.</param>
/// <param name="OpenCases">Open cases by status: inquiry, unconfirmed, frozen.</param>
/// <param name="AuditPoolMicros">What sampled answers have paid in for audits and no checker has been paid yet.</param>
/// <param name="Consensus">What answers are checked by.</param>
/// <param name="Conservation">The books, recounted from every entry.</param>
/// <param name="Beacon">The last revealed step of the chain that draws come from.</param>
internal sealed record NetworkBody(
    string Object, long Epoch, string EpochEndsAt, string Coordinator, bool Ready, NodeCounts Nodes, IReadOnlyList<string> Models,
    IReadOnlyDictionary<string, long> Requests, int OpenSlashes, IReadOnlyDictionary<string, long> OpenCases, long AuditPoolMicros, ConsensusBody Consensus,
    ConservationBody Conservation, BeaconBody Beacon);

/// <param name="Levels">By model, the levels that it can be asked for now.</param>
/// <param name="AuditProbability">p: of sampled answers.</param>
/// <param name="AuditCheckers">k: nodes that audit one.</param>
/// <param name="CheckCost">v: price of a check in answers where no node measured it; a quote says what it is for a model.</param>
/// <param name="ExposureRatio">Collateral over what a node may have outstanding unchecked (P6.3).</param>
/// <param name="CanaryRate">Checks that are followed by one of a known-bad answer (P7.6).</param>
/// <param name="AssumedAdversaryShare">r (P6.5).</param>
internal sealed record ConsensusBody(
    IReadOnlyDictionary<string, IReadOnlyList<string>> Levels, double AuditProbability, int AuditCheckers, double CheckCost, int ExposureRatio, double CanaryRate,
    double AssumedAdversaryShare);

internal sealed record NodeCounts(int Total, int Online, int Active, int Jailed);

/// <param name="DepositsMicros">Paid in from outside.</param>
/// <param name="WithdrawalsMicros">Paid out to outside.</param>
/// <param name="BurnedMicros">Destroyed by slashes.</param>
/// <param name="AccountsMicros">Sum of all accounts, escrow included.</param>
/// <param name="EscrowMicros">Held for open requests, by account.</param>
/// <param name="HoldsMicros">Held for open requests, by hold.</param>
/// <param name="DifferenceMicros">accounts − (deposits − withdrawals − burned). It is 0, always.</param>
/// <param name="MismatchedAccounts">Accounts whose balance is not the sum of their entries. It is 0, always.</param>
internal sealed record ConservationBody(
    long DepositsMicros, long WithdrawalsMicros, long BurnedMicros, long AccountsMicros, long EscrowMicros, long HoldsMicros, long DifferenceMicros,
    int MismatchedAccounts);

internal sealed record BeaconBody(int Chain, string Anchor, int Step, string Value);

internal static class NetworkEndpoints
{
    public static void MapNetwork(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/network", Get)
            .WithName("getNetwork").WithTags("Network").WithSummary("Show the network at a glance")
            .WithDescription("Public. Epoch, nodes, models, requests by status, and the one number: conservation.difference_micros is 0 at every instant.")
            .Produces<NetworkBody>().ProducesErrors(503).AllowAnonymous();

    private static async Task<IResult> Get(PublicView view)
    {
        var (network, nodes, models, levels) = (await view.NetworkAsync(), await view.NodesAsync(), await view.ModelsAsync(), await view.LevelsAsync());
        return TypedResults.Json(
            new NetworkBody(
                "network", network.Epoch, EndpointConventions.Time(network.EpochEndsAt), network.Coordinator, network.Ready, Count(nodes),
                [.. models.Order(StringComparer.Ordinal)], network.Requests, network.OpenSlashes, network.OpenCases, network.AuditPoolMicros,
                Consensus(network.Consensus, levels),
                new ConservationBody(
                    network.DepositsMicros, network.WithdrawalsMicros, network.BurnedMicros, network.AccountsMicros, network.EscrowMicros, network.HoldsMicros,
                    network.DifferenceMicros, network.MismatchedAccounts),
                new BeaconBody(network.Beacon.Chain, network.Beacon.Anchor, network.Beacon.Step, network.Beacon.Value)),
            ApiJson.Web.NetworkBody);
    }

    private static ConsensusBody Consensus(ConsensusInfo c, IReadOnlyList<(string Model, IReadOnlyList<string> Levels)> levels) => new(
        levels.ToDictionary(l => l.Model, l => l.Levels, StringComparer.Ordinal), c.AuditProbability, c.AuditCheckers, c.CheckCost, c.ExposureRatio, c.CanaryRate, c.AdversaryShare);

    private static NodeCounts Count(IReadOnlyList<NodeInfo> nodes) =>
        new(nodes.Count, nodes.Count(n => n.Online), nodes.Count(n => n.State == "active"), nodes.Count(n => n.State == "jailed"));
}
