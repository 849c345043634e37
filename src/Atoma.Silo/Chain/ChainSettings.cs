using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Silo.Chain;

/// <summary>The chain that this network settles on (P10).</summary>
public sealed record ChainSettings
{
    /// <summary>The value of <c>--chain</c> that starts a chain of one's own.</summary>
    public const string Local = "local";

    private const int EndpointsMax = 4;

    /// <summary>JSON-RPC endpoints, 1 to 4. Several have to agree before anything is believed. They often hold a secret, so they are never shown.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Address of the settlement contract.</summary>
    public required string Settlement { get; init; }

    /// <summary>Address of the gateway contract.</summary>
    public required string Gateway { get; init; }

    /// <summary>Block of the settlement contract's creation.</summary>
    public long StartBlock { get; init; }

    /// <summary>Blocks on top of one that make it final, 0 to 10,000; deeper than any reorganisation of the chain.</summary>
    public int Confirmations { get; init; } = 12;

    /// <summary>Believe the chain's own tag <c>finalized</c> instead of counting blocks.</summary>
    public bool FinalizedTag { get; init; }

    /// <summary>Key file of the contract's settler; nothing else may use this key. Null for settler.key in the data folder's keys.</summary>
    public string? SettlerKey { get; init; }

    /// <summary>Key files of verdict signers, as many as the contract wants; empty for verdict-1.key, verdict-2.key … in the data folder's keys.</summary>
    public IReadOnlyList<string> VerdictKeys { get; init; } = [];

    public FinalityRule Finality => new(Confirmations, FinalizedTag);

    /// <summary>Everything that is wrong; empty when valid.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (Endpoints.Count is 0 or > EndpointsMax)
            problems.Add($"--chain is given 1 to {EndpointsMax} times.");
        foreach (var endpoint in Endpoints.Where(e => !Uri.TryCreate(e, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
            problems.Add(endpoint.Contains("://", StringComparison.Ordinal) ? "--chain takes http and https addresses." : $"--chain is '{endpoint}', must be '{Local}' or the http address of a JSON-RPC endpoint.");
        if (!NodeId.TryParse(Settlement, out _))
            problems.Add("--chain-settlement must be the address of the settlement contract, 0x and 40 hex digits.");
        if (!NodeId.TryParse(Gateway, out _))
            problems.Add("--chain-gateway must be the address of the gateway contract, 0x and 40 hex digits.");
        if (StartBlock < 0)
            problems.Add("--chain-start must be 0 or above.");
        if (Confirmations is < 0 or > FinalityRule.ConfirmationsMax)
            problems.Add($"--chain-confirmations must be 0 to {FinalityRule.ConfirmationsMax}.");
        return problems;
    }
}
