using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;

namespace Atoma.Grains.Accounts;

/// <summary>Meters one key.</summary>
internal sealed class TrafficGrain(TimeProvider time) : Grain, ITrafficGrain
{
    private RateMeter _requests;
    private RateMeter _tokens;

    public Task<TrafficReply> Take(TrafficCall call)
    {
        var now = time.GetUtcNow();
        var (requests, ofRequests) = _requests.Take(call.RequestsPerMinute, call.Requests, now);
        var (tokens, ofTokens) = _tokens.Take(call.TokensPerMinute, call.Tokens, now);
        var allowed = ofRequests.Allowed && ofTokens.Allowed;
        if (allowed)
        {
            (_requests, _tokens) = (requests, tokens);
        }
        else
        {
            // What one of them would have taken is not shown as taken.
            ofRequests = Keeping(ofRequests, _requests.Take(call.RequestsPerMinute, 0, now).Reading);
            ofTokens = Keeping(ofTokens, _tokens.Take(call.TokensPerMinute, 0, now).Reading);
        }

        return Task.FromResult(new TrafficReply(allowed, Level(call.RequestsPerMinute, ofRequests), Level(call.TokensPerMinute, ofTokens)));
    }

    private static RateReading Keeping(RateReading asked, RateReading untouched) => untouched with { RetryAfter = asked.RetryAfter };

    private static TrafficLevel Level(int limit, RateReading reading) => new(limit, reading.Remaining, reading.Reset, reading.RetryAfter);
}
