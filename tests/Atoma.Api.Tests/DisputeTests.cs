using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Tests;

/// <summary>Disputes by requesters and appeals by operators.</summary>
public sealed class DisputeTests : IAsyncLifetime
{
    private static readonly string Id = new('a', 64);
    private static readonly string Signature = "0x" + new string('7', 130);
    private static readonly string Appeal = $"/v1/nodes/{FakeNetwork.NodeAddress}/slashes/{Id}/appeal";
    private static readonly string Evidence = $"/v1/nodes/{FakeNetwork.NodeAddress}/slashes/{Id}/evidence";

    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Dispute_Opened_NamesTheReviewAndTheBond()
    {
        var review = new string('b', 64);
        _host.Network.OnDispute = (account, request) => new DisputeReply(DisputeStatus.Opened, "", account == FakeNetwork.Account && request.Id == Id ? review : "", 12);
        using var response = await _host.PostAsync($"/v1/requests/{Id}/dispute", "");

        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal("/v1/requests/" + review, response.Headers.Location!.ToString());
        Assert.Equal(
            $$"""{"object":"dispute","request_id":"{{Id}}","review_id":"{{review}}","location":"/v1/requests/{{review}}","bond_micros":12}""",
            await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(DisputeStatus.Unknown, 404, "request_not_found", "id")]
    [InlineData(DisputeStatus.NotSettled, 409, "not_settled", "id")]
    [InlineData(DisputeStatus.TooLate, 410, "dispute_window_over", "id")]
    [InlineData(DisputeStatus.NotExact, 409, "not_exact", "id")]
    [InlineData(DisputeStatus.InsufficientFunds, 402, "insufficient_balance", null)]
    public async Task Dispute_Refused_SaysWhy(DisputeStatus status, int http, string code, string? param)
    {
        _host.Network.OnDispute = (_, _) => new DisputeReply(status, "A dispute needs a bond of 12 micros.", "", 12);
        using var response = await _host.PostAsync($"/v1/requests/{Id}/dispute", "");
        var error = await response.ErrorAsync(http, code, param);
        if (http == 402)
            Assert.Contains("12 micros", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispute_IdThatIsNone_Is404()
    {
        using var response = await _host.PostAsync("/v1/requests/short/dispute", "");
        await response.ErrorAsync(404, "request_not_found", "id");
    }

    [Fact]
    public async Task Appeal_Signed_ShowsTheCase()
    {
        byte[]? seen = null;
        var before = _host.Network.OnAppeal;
        _host.Network.OnAppeal = (slash, node, signature) =>
        {
            seen = signature;
            Assert.Equal((Id, FakeNetwork.NodeAddress), (slash, node));
            return before(slash, node, signature);
        };
        _host.Http.DefaultRequestHeaders.Authorization = null;
        using var response = await _host.PostAsync(Appeal, $$"""{"signature":"{{Signature}}"}""");

        var body = System.Text.Json.JsonDocument.Parse(await response.OkAsync()).RootElement;
        Assert.Equal(("appeal", "Voted on again."), (body.GetProperty("object").GetString(), body.GetProperty("message").GetString()));
        Assert.True(body.GetProperty("slash").GetProperty("appealed").GetBoolean());
        Assert.Equal(Enumerable.Repeat((byte)0x77, ISignatureScheme.SignatureSize), seen);
    }

    [Theory]
    [InlineData(AppealStatus.Unknown, 404, "slash_not_found", "slash")]
    [InlineData(AppealStatus.WrongSignature, 403, "wrong_signature", "signature")]
    [InlineData(AppealStatus.AppealedBefore, 409, "appealed_before", "slash")]
    [InlineData(AppealStatus.NotFrozen, 409, "not_frozen", "slash")]
    [InlineData(AppealStatus.TooLate, 410, "appeal_window_over", "slash")]
    public async Task Appeal_Refused_SaysWhy(AppealStatus status, int http, string code, string param)
    {
        _host.Network.OnAppeal = (_, _, _) => new AppealReply(status, "Because.", null);
        using var response = await _host.PostAsync(Appeal, $$"""{"signature":"{{Signature}}"}""");
        await response.ErrorAsync(http, code, param);
    }

    [Theory]
    [InlineData("{}", "missing_required_parameter")]
    [InlineData("""{"signature":""}""", "missing_required_parameter")]
    [InlineData("""{"signature":"0x77"}""", "invalid_value")]
    [InlineData("""{"signature":"zz"}""", "invalid_value")]
    [InlineData("""{"signature":7}""", "invalid_type")]
    public async Task Appeal_SignatureThatIsNone_IsRefused(string body, string code)
    {
        foreach (var path in new[] { Appeal, Evidence })
        {
            using var response = await _host.PostAsync(path, body);
            await response.ErrorAsync(400, code, "signature");
        }
    }

    [Fact]
    public async Task Appeal_AddressThatIsNone_Is404()
    {
        using var node = await _host.PostAsync($"/v1/nodes/nobody/slashes/{Id}/appeal", $$"""{"signature":"{{Signature}}"}""");
        await node.ErrorAsync(404, "node_not_found", "id");
        using var slash = await _host.PostAsync($"/v1/nodes/{FakeNetwork.NodeAddress}/slashes/1/appeal", $$"""{"signature":"{{Signature}}"}""");
        await slash.ErrorAsync(404, "slash_not_found", "slash");
    }

    [Fact]
    public async Task Evidence_Signed_IsTheReceiptToTheByte()
    {
        using var response = await _host.PostAsync(Evidence, $$"""{"signature":"{{Signature}}"}""");
        Assert.Equal("{\"receipt\":1}", await response.OkAsync());
        Assert.Equal($"inline; filename=\"receipt-{Id}.json\"", response.Content.Headers.ContentDisposition!.ToString());

        _host.Network.OnEvidence = static (_, _, _, request) => new EvidenceReply(request == "h1" ? AppealStatus.WrongSignature : AppealStatus.Unknown, "", "");
        using var unsigned = await _host.PostAsync(Evidence, $$"""{"signature":"{{Signature}}","request_id":"h1"}""");
        await unsigned.ErrorAsync(403, "wrong_signature", "signature");
        using var unknown = await _host.PostAsync(Evidence, $$"""{"signature":"{{Signature}}","request_id":"h9"}""");
        await unknown.ErrorAsync(404, "slash_not_found", "slash");
    }
}
