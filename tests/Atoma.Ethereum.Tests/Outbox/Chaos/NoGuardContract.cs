using System.Numerics;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Local;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>NoGuard.sol, compiled once as contracts/compile.mjs compiles (solc 0.8.37, via IR, 200 runs, no metadata).</summary>
internal sealed class NoGuardContract(LocalChain chain, NodeId address)
{
    private const string Code =
        "6080806040523460145760fe90816100198239f35b5f80fdfe60808060405260043610156011575f80fd5b5f3560e01c908163597e1fb51460e75750" +
        "806379f48d4c1460655763ca5d7610146039575f80fd5b3460615760203660031901126061576004355f526001602052602060405f20546040519081" +
        "52f35b5f80fd5b3460615760403660031901126061576004355f5460d857805f52600160205260405f2080545f19811460c45760010190557ff8cd59" +
        "51a4d275639396b7a7bbcf5eee708975d6b14cae09b50ff2a3a602e13f60206040516024358152a2005b634e487b7160e01b5f52601160045260245f" +
        "fd5b631cdde67b60e01b5f5260045ffd5b346061575f3660031901126061576020905f548152f3";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly AbiFunction Settle = new("settle(bytes32 id, uint256 amount)");
    private static readonly AbiFunction Times = new("times(bytes32 id) returns (uint256)");
    private static readonly AbiError Closed = new("Closed()");

    public static AbiErrorTable Errors { get; } = new([Closed]);

    public static AbiEvent Settled { get; } = new("Settled(bytes32 indexed id, uint256 amount)");

    public NodeId Address => address;

    public static bool IsClosed(ReadOnlySpan<byte> revertData) => Closed.Matches(revertData);

    public static byte[] SettleData(Hash32 id, long amount) => Settle.Encode(id.ToArray(), new BigInteger(amount));

    /// <summary>Deploys one; its block is the newest.</summary>
    public static async Task<NoGuardContract> DeployAsync(LocalChain chain)
    {
        using var deployer = DevelopmentKeys.Get(9);
        var reply = await chain.Rpc.CallAsync(
            new JsonRpcCall(
                "eth_sendTransaction",
                new System.Text.Json.Nodes.JsonObject { ["from"] = deployer.Id.ToString(), ["data"] = "0x" + Code, ["gas"] = "0x100000" }),
            None);
        var hash = Hash32.Parse(reply.Result.GetString()!);
        await chain.MineAsync(1, None);
        var receipt = await chain.CreateClient(Errors).ReceiptAsync(hash, None);
        return new NoGuardContract(chain, receipt!.Contract!.Value);
    }

    public async Task<int> TimesAsync(Hash32 id, long? atBlock = null)
    {
        var data = await chain.CreateClient(Errors).CallAsync(new ChainCall(address, Times.Encode(id.ToArray())), atBlock, None);
        return (int)(BigInteger)Times.DecodeResult(data)[0];
    }

    /// <summary>Makes everything revert, or not, from the next block on.</summary>
    public Task SetClosedAsync(bool closed) => chain.DoAsync(
        new JsonRpcCall("anvil_setStorageAt", address.ToString(), "0x" + new string('0', 64), "0x" + new string('0', 63) + (closed ? "1" : "0")), None);
}
