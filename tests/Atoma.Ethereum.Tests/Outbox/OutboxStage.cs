using System.Globalization;
using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Outbox;
using Atoma.Ethereum.Tests.Outbox.Chaos;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox;

/// <summary>An outbox with a new sender and a new contract on a real chain whose blocks the test makes.</summary>
internal sealed class OutboxStage : ITransactionEffects, IDisposable
{
    public const int Confirmations = 3;

    private static readonly CancellationToken None = CancellationToken.None;
    private static int _stages;

    private OutboxStage(LocalChain chain, NodeKey sender, NoGuardContract contract)
    {
        (Chain, Sender, Contract, Client) = (chain, sender, contract, chain.CreateClient(NoGuardContract.Errors));
        Outbox = Create(new OutboxOptions());
    }

    public LocalChain Chain { get; }

    public NodeKey Sender { get; }

    public NoGuardContract Contract { get; }

    public IChainClient Client { get; }

    public MemoryStore Store { get; } = new();

    public SteppedTime Time { get; } = new();

    public TransactionOutbox Outbox { get; private set; }

    /// <summary>What is told about reverts.</summary>
    public bool MayRetry { get; set; }

    public static async Task<OutboxStage> SetAsync(LocalChain chain, bool withMoney = true)
    {
        await chain.DoAsync(new JsonRpcCall("evm_setAutomine", false), None);
        await chain.DoAsync(new JsonRpcCall("evm_setBlockGasLimit", "0x1c9c380"), None);
        var sender = NodeKey.FromBytes(Hash32.Sha256([.. BitConverter.GetBytes(Interlocked.Increment(ref _stages)), .. "stage"u8]).ToArray());
        if (withMoney)
            await chain.DoAsync(new JsonRpcCall("anvil_setBalance", sender.Id.ToString(), "0x56bc75e2d63100000"), None);
        var contract = await NoGuardContract.DeployAsync(chain);
        await chain.MineAsync(Confirmations + 1, None);
        return new OutboxStage(chain, sender, contract);
    }

    /// <summary>Another outbox on the same rows, with quick bumps and shallow finality unless told otherwise.</summary>
    public TransactionOutbox Create(OutboxOptions options, IChainClient? client = null) => new(
        Store, client ?? Client, 31_337, Sender, this,
        options with
        {
            Finality = options.Finality.ByTag ? options.Finality : new FinalityRule(Confirmations), BumpAfterBlocks = 2, BumpAfter = TimeSpan.Zero,
            RebroadcastAfter = TimeSpan.Zero,
        },
        Time);

    public void Use(TransactionOutbox outbox)
    {
        Outbox.Dispose();
        Outbox = outbox;
    }

    public Task<OutboxAddStatus> PlanAsync(string key, long gasLimit = 200_000) =>
        Outbox.PlanAsync(key, Contract.Address, NoGuardContract.SettleData(Id(key), 1), gasLimit, None);

    public Task<OutboxStatus> StepAsync() => Outbox.StepAsync(None);

    /// <summary>A block and a step, so many times.</summary>
    public async Task<OutboxStatus> GoOnAsync(int blocks)
    {
        var status = OutboxStatus.None;
        for (var i = 0; i < blocks; i++)
        {
            await Chain.MineAsync(1, None);
            status = await StepAsync();
        }

        return status;
    }

    public async Task<OutboxRow> RowAsync(string key) => (await Store.FindTransactionAsync(key, None))!;

    public Task<int> TimesAsync(string key) => Contract.TimesAsync(Id(key));

    /// <summary>Sends something with the sender's key past the outbox; not mined yet.</summary>
    public async Task SendPastAsync(ulong nonce, byte[]? data, long priorityGwei = 100)
    {
        var fee = priorityGwei * 1_000_000_000;
        var transaction = new Eip1559Transaction(31_337, nonce, fee, 2 * fee, 200_000, data is null ? Sender.Id : Contract.Address, BigInteger.Zero, data ?? []);
        await Client.SendAsync(transaction.Sign(Sender).Raw, None);
    }

    public static byte[] Settle(string key) => NoGuardContract.SettleData(Id(key), 1);

    public Task SetBlockRoomAsync(long gas) =>
        Chain.DoAsync(new JsonRpcCall("evm_setBlockGasLimit", "0x" + gas.ToString("x", CultureInfo.InvariantCulture)), None);

    /// <summary>The truth: asked of the contract.</summary>
    public async Task<bool> IsPresentAsync(OutboxRow row, long? atBlock, CancellationToken cancellationToken) =>
        await Contract.TimesAsync(Id(row.Key), atBlock) > 0;

    public RevertVerdict Judge(OutboxRow row, ReadOnlySpan<byte> revertData) => new(MayRetry, NoGuardContract.Errors.Describe(revertData));

    public void Dispose()
    {
        Outbox.Dispose();
        Sender.Dispose();
    }

    private static Hash32 Id(string key) => Hash32.Sha256(System.Text.Encoding.UTF8.GetBytes(key));
}
