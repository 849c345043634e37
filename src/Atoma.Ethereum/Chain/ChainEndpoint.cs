namespace Atoma.Ethereum.Chain;

/// <summary>One of several clients that have to agree.</summary>
/// <param name="Name">For messages: host and port.</param>
/// <param name="Client">Owned by the caller.</param>
public sealed record ChainEndpoint(string Name, IChainClient Client);

/// <summary>What one endpoint answered.</summary>
internal sealed record ChainAnswer<T>(ChainEndpoint Endpoint, T Value);
