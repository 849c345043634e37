using Atoma.Ethereum.Tests.Chain;
using Atoma.Ethereum.Tests.Outbox.Chaos;
using Atoma.Ethereum.Watching;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Watching;

public sealed class ChainIdentityGuardTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId[] Contracts = [NodeId.Parse("0x00000000000000000000000000000000000000cc")];

    private readonly MemoryStore _store = new();

    private static FakeChain Chain(byte code = 1, long fork = long.MaxValue)
    {
        var chain = FakeChain.To(3, fork);
        chain.Code = [code];
        return chain;
    }

    [Fact]
    public async Task Check_SameChainAgain_IsFine()
    {
        var first = await ChainIdentityGuard.CheckAsync(Chain(), _store, Contracts, None);
        Assert.Equal(first, await ChainIdentityGuard.CheckAsync(Chain(), _store, Contracts, None));
        Assert.Equal((1UL, FakeChain.HashOf(0), Keccak.Hash([1])), (first.ChainId, first.Genesis, first.Contracts[0].CodeHash));
    }

    [Fact]
    public async Task Check_SomethingElse_SaysWhat()
    {
        await ChainIdentityGuard.CheckAsync(Chain(), _store, Contracts, None);
        await WrongAsync("code", Chain(code: 2), Contracts);
        await WrongAsync("Block 0", Chain(fork: 0), Contracts);
        await WrongAsync("0x00000000000000000000000000000000000000DD", Chain(), [NodeId.Parse("0x00000000000000000000000000000000000000dd")]);
        await WrongAsync("chain 2", new OtherChain(Chain()), Contracts);
        var empty = Chain();
        empty.Code = [];
        await WrongAsync("no contract", empty, Contracts);
    }

    private async Task WrongAsync(string why, Ethereum.Chain.IChainClient chain, NodeId[] contracts) => Assert.Contains(
        why, (await Assert.ThrowsAsync<WrongChainException>(() => ChainIdentityGuard.CheckAsync(chain, _store, contracts, None))).Message,
        StringComparison.OrdinalIgnoreCase);

    private sealed class OtherChain(FakeChain inner) : ForwardingChain(inner)
    {
        public override Task<ulong> ChainIdAsync(CancellationToken cancellationToken) => Task.FromResult(2UL);
    }
}
