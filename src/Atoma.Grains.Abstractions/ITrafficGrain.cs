namespace Atoma.Grains.Abstractions;

/// <summary>
/// How much one API key asks for: one activation counts for the whole cluster, so that parallel requests over several front ends
/// share one limit. Kept in memory: a silo that stops forgives the last minute.
/// </summary>
[Alias("atoma.ITrafficGrain")]
public interface ITrafficGrain : IGrainWithStringKey
{
    /// <summary>Takes both or neither.</summary>
    [Alias("Take")]
    Task<TrafficReply> Take(TrafficCall call);
}

/// <param name="Requests">Wanted; 0 only reads.</param>
/// <param name="Tokens">Wanted; 0 only reads.</param>
/// <param name="RequestsPerMinute">The key's limit.</param>
/// <param name="TokensPerMinute">The key's limit.</param>
[GenerateSerializer, Alias("atoma.TrafficCall"), Immutable]
public sealed record TrafficCall(
    [property: Id(0)] int Requests, [property: Id(1)] int Tokens, [property: Id(2)] int RequestsPerMinute, [property: Id(3)] int TokensPerMinute);

/// <param name="Allowed">Whether both were taken.</param>
/// <param name="Requests">State of the limit of requests.</param>
/// <param name="Tokens">State of the limit of tokens.</param>
[GenerateSerializer, Alias("atoma.TrafficReply"), Immutable]
public sealed record TrafficReply([property: Id(0)] bool Allowed, [property: Id(1)] TrafficLevel Requests, [property: Id(2)] TrafficLevel Tokens);

/// <param name="Limit">Per minute.</param>
/// <param name="Remaining">What could be taken now.</param>
/// <param name="Reset">Until all of it could.</param>
/// <param name="RetryAfter">Until what was asked for could; zero when this limit did not refuse it.</param>
[GenerateSerializer, Alias("atoma.TrafficLevel"), Immutable]
public sealed record TrafficLevel([property: Id(0)] int Limit, [property: Id(1)] int Remaining, [property: Id(2)] TimeSpan Reset, [property: Id(3)] TimeSpan RetryAfter);
