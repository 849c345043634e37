using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Cli.Nodes;

/// <summary>What an operator does about its node, over the REST API: what is public without a key, the rest signed by the node's key.</summary>
/// <param name="http">At the API's address.</param>
/// <param name="node">The node's key.</param>
/// <param name="output">For people.</param>
public sealed class NodeDesk(HttpClient http, ISigner node, TextWriter output)
{
    /// <summary>Whose desk it is.</summary>
    public NodeId Node => node.Id;

    /// <summary>State, money, and what asks for the operator's attention.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task StatusAsync(CancellationToken cancellationToken)
    {
        var info = await GetAsync("", cancellationToken);
        var open = (await GetAsync("/slashes", cancellationToken))["data"]!.AsArray().Count(s => Text(s, "status") is "frozen" or "unconfirmed");
        await output.WriteLineAsync($"""
            Node         {node.Id}
            State        {Text(info, "state")}{(Text(info, "jail_reason") is { Length: > 0 } reason ? $": {reason}" : "")}{(info["online"]!.GetValue<bool>() ? ", connected" : ", not connected")}
            Collateral   {Micros(info, "collateral_micros")}
            Frozen       {Micros(info, "frozen_micros")}{(open > 0 ? $"   {open} open slashes: see 'node slashes'" : "")}
            Earnings     {Micros(info, "earnings_micros")}
            On its way   {Micros(info, "payable_micros")}
            Suspicion    {info["suspicion"]!.GetValue<double>().ToString("P1", CultureInfo.InvariantCulture)} of what slashes it{(info["quarantined"]!.GetValue<bool>() ? ", quarantined" : "")}
            """);
        if (Text(info, "unbonds_at") is { Length: > 0 } ends)
            await output.WriteLineAsync($"Leaving      paid out from {ends} on, when nothing is open against it");
    }

    /// <summary>What one of its accounts did, newest first.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task StatementAsync(string account, int limit, CancellationToken cancellationToken)
    {
        var lines = (await GetAsync($"/statement?account={account}&limit={limit.ToString(CultureInfo.InvariantCulture)}", cancellationToken))["data"]!.AsArray();
        foreach (var line in lines)
            await output.WriteLineAsync($"{Text(line, "at")}  {Micros(line, "amount_micros"),22}  {Micros(line, "balance_micros"),22}  {Text(line, "code"),-18}  {Text(line, "operation")}");
        await output.WriteLineAsync($"{lines.Count} lines of {account}: time, amount, balance, reason, request or operation. Amounts are micros.");
    }

    /// <summary>Its payouts, newest first.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task PayoutsAsync(CancellationToken cancellationToken)
    {
        var payouts = (await GetAsync("/payouts", cancellationToken))["data"]!.AsArray();
        foreach (var payout in payouts)
            await output.WriteLineAsync($"{Text(payout, "requested_at")}  {Micros(payout, "amount_micros"),22}  {Text(payout, "status"),-9}  to {Text(payout, "to")}  {Text(payout, "reference")}");
        await output.WriteLineAsync($"{payouts.Count} payouts.");
    }

    /// <summary>Asks for earnings.</summary>
    /// <param name="micros">How much; null for all.</param>
    /// <param name="to">Where to.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task PayoutAsync(long? micros, NodeId to, CancellationToken cancellationToken)
    {
        var (amount, nonce) = (await AmountAsync(micros, cancellationToken), Nonce());
        var reply = await SendAsync("/payouts", amount, nonce, SigningDomain.Payout(node.Id, new Micros(amount), to, nonce), to, cancellationToken);
        await output.WriteLineAsync($"Asked for {Shown(amount)} to {to}: {Text(reply["payout"], "status")}. Earnings left: {Micros(reply, "earnings_micros")}.");
    }

    /// <summary>Makes earnings collateral.</summary>
    /// <param name="micros">How much; null for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task BondAsync(long? micros, CancellationToken cancellationToken)
    {
        var (amount, nonce) = (await AmountAsync(micros, cancellationToken), Nonce());
        var reply = await SendAsync("/bond", amount, nonce, SigningDomain.Bond(node.Id, new Micros(amount), nonce), null, cancellationToken);
        await output.WriteLineAsync($"Bonded {Shown(amount)}. Collateral: {Micros(reply, "collateral_micros")}, earnings left: {Micros(reply, "earnings_micros")}.");
    }

    /// <summary>Leaves the network.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task UnbondAsync(CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(Path("/unbond"), new JsonObject { ["signature"] = Signature(SigningDomain.Unbond(node.Id)) }, cancellationToken);
        await output.WriteLineAsync(Text(await ApiReply.ReadAsync(response, cancellationToken), "message"));
    }

    /// <summary>Shows the node's open slashes.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task SlashesAsync(CancellationToken cancellationToken)
    {
        var slashes = (await GetAsync("/slashes", cancellationToken))["data"]!.AsArray();
        var open = slashes.Where(s => Text(s, "status") is "frozen" or "unconfirmed").ToArray();
        await output.WriteLineAsync($"Node {node.Id} has {open.Length} open of {slashes.Count} slashes.");
        foreach (var slash in open)
        {
            await output.WriteLineAsync($"""

                {Text(slash, "id")}
                  {Text(slash, "evidence")}: {Text(slash, "reason")}
                  {(Text(slash, "request_id") is { Length: > 0 } request ? $"request {request}" : "a challenge of its own")}, {Micros(slash, "amount_micros")}, {Text(slash, "status")}
                  {Next(slash!)}
                """);
        }
    }

    /// <summary>Uses the one appeal.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task AppealAsync(Hash32 slash, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(slash, "appeal", SigningDomain.Appeal(slash), cancellationToken);
        var reply = await ApiReply.ReadAsync(response, cancellationToken);
        await output.WriteLineAsync($"Appealed. {Text(reply, "message")} The slash is {Text(reply["slash"], "status")} now.");
    }

    /// <summary>Writes what the slash rests on: a receipt, or the node's answer to a weight challenge.</summary>
    /// <exception cref="DeskRefusedException">The API refused.</exception>
    public async Task SaveEvidenceAsync(Hash32 slash, string file, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(slash, "evidence", SigningDomain.Evidence(slash), cancellationToken);
        if (!response.IsSuccessStatusCode)
            await ApiReply.ReadAsync(response, cancellationToken);
        await File.WriteAllBytesAsync(file, await response.Content.ReadAsByteArrayAsync(cancellationToken), cancellationToken);
        await output.WriteLineAsync($"Written to {file}. A receipt is checked by: dotnet run --project src/Atoma.Cli -- verify {file}");
    }

    private static string Next(JsonNode slash) => (Text(slash, "status"), slash["appealed"]!.GetValue<bool>()) switch
    {
        ("unconfirmed", _) => "An assembly votes on it next; it can be appealed if that confirms it.",
        (_, true) => $"Appealed; it executes at {Text(slash, "due_at")}.",
        _ => $"It executes at {Text(slash, "due_at")}. Read its evidence: node evidence {Text(slash, "id")} --to FILE. Appeal it, once: node appeal {Text(slash, "id")}.",
    };

    private async Task<long> AmountAsync(long? micros, CancellationToken cancellationToken)
    {
        if (micros is { } given)
            return given;
        var earnings = (await GetAsync("", cancellationToken))["earnings_micros"]!.GetValue<long>();
        return earnings > 0 ? earnings : throw new DeskRefusedException("The node has no earnings that were not taken out.");
    }

    private static Hash32 Nonce() => new(RandomNumberGenerator.GetBytes(Hash32.Size));

    private async Task<JsonObject> SendAsync(string what, long amount, Hash32 nonce, Hash32 digest, NodeId? to, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["amount_micros"] = amount, ["nonce"] = nonce.ToString(), ["signature"] = Signature(digest) };
        if (to is { } address)
            body["to"] = address.ToString();
        using var response = await http.PostAsJsonAsync(Path(what), body, cancellationToken);
        return await ApiReply.ReadAsync(response, cancellationToken);
    }

    private Task<HttpResponseMessage> PostAsync(Hash32 slash, string what, Hash32 digest, CancellationToken cancellationToken) =>
        http.PostAsJsonAsync(Path($"/slashes/{slash}/{what}"), new JsonObject { ["signature"] = Signature(digest) }, cancellationToken);

    private async Task<JsonObject> GetAsync(string what, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(Path(what), cancellationToken);
        return await ApiReply.ReadAsync(response, cancellationToken);
    }

    private string Path(string what) => $"/v1/nodes/{node.Id}{what}";

    private string Signature(Hash32 digest) => "0x" + Convert.ToHexStringLower(node.Sign(digest));

    private static string Text(JsonNode? node, string field) => node?[field]?.GetValue<string>() ?? "";

    private static string Micros(JsonNode? node, string field) => Shown(node![field]!.GetValue<long>());

    private static string Shown(long micros) => micros.ToString("N0", CultureInfo.InvariantCulture) + " micros";
}
