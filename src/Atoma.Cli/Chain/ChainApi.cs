using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Cli.Nodes;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary>What the network says of its chain (GET /v1/chain…), and what requesters hand it.</summary>
/// <param name="http">At the API's address.</param>
internal sealed class ChainApi(HttpClient http)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <exception cref="DeskRefusedException">There is no chain, or the API refused.</exception>
    public Task<ChainView> ChainAsync(CancellationToken cancellationToken) => GetAsync<ChainView>("/v1/chain", cancellationToken);

    /// <exception cref="DeskRefusedException">As <see cref="ChainAsync"/>.</exception>
    public Task<AccountView> AccountAsync(NodeId address, CancellationToken cancellationToken) => GetAsync<AccountView>($"/v1/chain/accounts/{address}", cancellationToken);

    /// <exception cref="DeskRefusedException">As <see cref="ChainAsync"/>.</exception>
    public Task<NodeView> NodeAsync(NodeId address, CancellationToken cancellationToken) => GetAsync<NodeView>($"/v1/chain/nodes/{address}", cancellationToken);

    /// <returns>The sum that the network keeps now.</returns>
    /// <exception cref="DeskRefusedException">The API refused the voucher.</exception>
    public async Task<VoucherView> AddVoucherAsync(NodeId account, Micros cumulative, byte[] signature, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["account"] = account.ToString(), ["cumulative_micros"] = cumulative.Value, ["signature"] = Hex(signature) };
        return await PostAsync<VoucherView>("/v1/chain/vouchers", body, cancellationToken);
    }

    /// <exception cref="DeskRefusedException">The API refused the key.</exception>
    public async Task<KeyView> AddKeyAsync(NodeId account, Hash32 keyHash, DateTimeOffset at, byte[] signature, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["account"] = account.ToString(), ["key_hash"] = keyHash.ToString(), ["timestamp"] = at.ToUnixTimeSeconds(), ["signature"] = Hex(signature) };
        return await PostAsync<KeyView>("/v1/chain/keys", body, cancellationToken);
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(path, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    private async Task<T> PostAsync<T>(string path, JsonObject body, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(path, body, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await ApiReply.ReadAsync(response, cancellationToken);
        try
        {
            return body.Deserialize<T>(Json) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new DeskRefusedException(ApiReply.NoApi(HttpStatusCode.OK));
        }
    }

    private static string Hex(byte[] bytes) => "0x" + Convert.ToHexStringLower(bytes);
}

/// <summary>GET /v1/chain.</summary>
internal sealed record ChainView(
    ulong ChainId, string Token, string Settlement, string Gateway, string Settler, long HeadBlock, long FinalBlock, long AppliedBlock, long Epoch,
    long BackingMicros, long PostedMicros, long ClaimedMicros, long HoldingsMicros, long LedgerMicros, long DifferenceMicros, int InFlight, OutboxView Outbox, string Problem);

/// <summary>Transactions of the network on their way.</summary>
internal sealed record OutboxView(int Open, long Failed, string? OldestAt);

/// <summary>GET /v1/chain/accounts/{address}.</summary>
internal sealed record AccountView(
    long DepositMicros, long RedeemedMicros, long ExitingMicros, string? ExitAt, long VoucherMicros, long ReserveMicros, long BalanceMicros, long HeldMicros,
    long SetAsideMicros, long SpentMicros)
{
    public bool IsEmpty => (DepositMicros | RedeemedMicros | ExitingMicros | VoucherMicros | ReserveMicros | BalanceMicros | HeldMicros | SetAsideMicros | SpentMicros) == 0;
}

/// <summary>GET /v1/chain/nodes/{address}.</summary>
internal sealed record NodeView(
    string Owner, string ReceiptKey, long BondedMicros, long UnbondingMicros, long FrozenMicros, long ClaimedMicros, long CollateralMicros, long LedgerFrozenMicros,
    long EarningsMicros, long PayableMicros, ClaimView? Claim)
{
    public bool IsEmpty => Owner.Length == 0 && (CollateralMicros | LedgerFrozenMicros | EarningsMicros | PayableMicros | ClaimedMicros) == 0;
}

/// <summary>What to send to the contract to be paid.</summary>
internal sealed record ClaimView(long Epoch, long CumulativeMicros, string Root, IReadOnlyList<string> Proof);

/// <summary>POST /v1/chain/vouchers.</summary>
internal sealed record VoucherView(long CumulativeMicros, bool Repeated);

/// <summary>POST /v1/chain/keys.</summary>
internal sealed record KeyView(string Id, bool Repeated);

/// <summary>Amounts and times for people.</summary>
internal static class Shown
{
    public static string Micros(long micros) => micros.ToString("N0", CultureInfo.InvariantCulture) + " micros";

    public static string Micros(Micros micros) => Micros(micros.Value);

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
