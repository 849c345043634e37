namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>The network between us and an endpoint: loses answers, and delivers transactions late or twice.</summary>
internal sealed class FaultyHandler(Random random, ChaosTally tally) : DelegatingHandler(new SocketsHttpHandler())
{
    private const int LateRarity = 12;
    private const int LostSendRarity = 10;
    private const int LostRarity = 250;

    private readonly List<byte[]> _late = [];
    private readonly List<byte[]> _sent = [];
    private Uri? _endpoint;

    public bool IsOn { get; set; }

    /// <summary>Delivers what is late, and something that was delivered before.</summary>
    public async Task DeliverAsync()
    {
        if (_late.Count > 0)
        {
            var place = random.Next(_late.Count);
            await DeliverAsync(_late[place]);
            _late.RemoveAt(place);
            tally.LateSends++;
        }

        if (_sent.Count > 0 && random.Next(2) == 0)
        {
            await DeliverAsync(_sent[random.Next(_sent.Count)]);
            tally.DuplicateSends++;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!IsOn)
            return await base.SendAsync(request, cancellationToken);
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var isSend = body.AsSpan().IndexOf("eth_sendRawTransaction"u8) >= 0;
        _endpoint = request.RequestUri;
        if (isSend && random.Next(LateRarity) == 0)
        {
            _late.Add(body);
            throw new HttpRequestException("no answer in time");
        }

        if (isSend)
            _sent.Add(body);
        var response = await base.SendAsync(request, cancellationToken);
        if (random.Next(isSend ? LostSendRarity : LostRarity) != 0)
            return response;
        response.Dispose();
        tally.LostAnswers++;
        throw new HttpRequestException("the answer is lost");
    }

    private async Task DeliverAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint) { Content = content };
        using var response = await base.SendAsync(request, CancellationToken.None);
    }
}
