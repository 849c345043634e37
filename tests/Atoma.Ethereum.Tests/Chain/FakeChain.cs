using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Chain;

/// <summary>What one endpoint believes. Blocks are linked by a name, so that forks are easy to make.</summary>
internal sealed class FakeChain : IChainClient
{
    public List<ChainBlock> Blocks { get; } = [];

    public long? Finalized { get; set; }

    public Dictionary<Hash32, ChainReceipt> Receipts { get; } = [];

    public List<ChainLog> Logs { get; } = [];

    public Func<long, byte[]> Call { get; set; } = _ => [];

    public Func<Exception?> SendFailure { get; set; } = () => null;

    /// <summary>Runs before every question: the chain may change in the middle of ours.</summary>
    public Action Before { get; set; } = () => { };

    public BigInteger Fee { get; set; } = 1;

    public byte[] Code { get; set; } = [];

    /// <summary>Blocks 0 to <paramref name="head"/>; those from <paramref name="fork"/> on have other hashes than without a fork.</summary>
    public static FakeChain To(long head, long fork = long.MaxValue)
    {
        var chain = new FakeChain();
        for (var number = 0L; number <= head; number++)
            chain.Blocks.Add(new ChainBlock(number, HashOf(number, fork), HashOf(number - 1, fork), 1_000 + number, 7));
        return chain;
    }

    public static Hash32 HashOf(long number, long fork = long.MaxValue) => Hash32.Sha256([.. BitConverter.GetBytes(number), number >= fork ? (byte)1 : (byte)0]);

    private T Answer<T>(T value)
    {
        Before();
        return value;
    }

    public Task<ulong> ChainIdAsync(CancellationToken cancellationToken) => Task.FromResult(Answer(1UL));

    public Task<ChainBlock> HeadAsync(CancellationToken cancellationToken)
    {
        Before();
        return Task.FromResult(Blocks[^1]);
    }

    public Task<ChainBlock?> BlockAsync(long number, CancellationToken cancellationToken)
    {
        Before();
        return Task.FromResult(number < Blocks.Count ? Blocks[(int)number] : null);
    }

    public Task<ChainBlock?> FinalizedAsync(CancellationToken cancellationToken) => Task.FromResult(Finalized is { } number ? Blocks[(int)number] : null);

    public Task<ulong> NonceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken) => Task.FromResult((ulong)atBlock!.Value);

    public Task<BigInteger> BalanceAsync(NodeId account, CancellationToken cancellationToken) => Task.FromResult(Fee);

    public Task<byte[]> CodeAsync(NodeId account, CancellationToken cancellationToken) => Task.FromResult(Code);

    public Task<byte[]> CallAsync(ChainCall call, long? atBlock, CancellationToken cancellationToken)
    {
        Before();
        return Task.FromResult(Call(atBlock!.Value));
    }

    public Task<ulong> EstimateGasAsync(ChainCall call, CancellationToken cancellationToken)
    {
        Call(Blocks.Count - 1);
        return Task.FromResult((ulong)Fee);
    }

    public Task<BigInteger> PriorityFeeAsync(CancellationToken cancellationToken) => Task.FromResult(Fee);

    public Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken) =>
        SendFailure() is { } failure ? Task.FromException<Hash32>(failure) : Task.FromResult(Keccak.Hash(raw));

    public Task<ChainReceipt?> ReceiptAsync(Hash32 transaction, CancellationToken cancellationToken) => Task.FromResult(Receipts.GetValueOrDefault(transaction));

    public Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken) =>
        filter.ToBlock < Blocks.Count
            ? Task.FromResult<IReadOnlyList<ChainLog>>([.. Logs])
            : Task.FromException<IReadOnlyList<ChainLog>>(new ChainUnavailableException("not yet"));
}
