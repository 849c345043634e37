using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;

namespace Atoma.Ethereum.Local;

/// <summary>A local chain that cannot be started; the message says what to do.</summary>
public sealed class LocalChainException : Exception
{
    public LocalChainException()
    {
    }

    public LocalChainException(string message)
        : base(message)
    {
    }

    public LocalChainException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// An EVM chain of one process on this machine (Foundry's anvil), on a free loopback port. For development and tests: its keys are
/// public. It ends when it is disposed, and when its owner dies.
/// </summary>
public sealed class LocalChain : IAsyncDisposable
{
    /// <summary>Another process may take the free port before anvil does.</summary>
    private const int PortAttemptsMax = 5;

    /// <summary>Blocks until one is final are twice this.</summary>
    private const int SlotsInAnEpoch = 4;

    /// <summary>So much of the chain is lost at most when the machine dies.</summary>
    private const int StateIntervalSeconds = 5;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly LocalProcess _process;

    private LocalChain(LocalProcess process, JsonRpcEndpoint rpc, Uri endpoint)
    {
        _process = process;
        Rpc = rpc;
        Endpoint = endpoint;
    }

    public Uri Endpoint { get; }

    /// <summary>For anvil's own methods.</summary>
    public JsonRpcEndpoint Rpc { get; }

    public int ProcessId => _process.Id;

    /// <exception cref="LocalChainException">The binary is missing or does not answer in time.</exception>
    public static async Task<LocalChain> StartAsync(LocalChainOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!File.Exists(options.BinaryPath))
            throw new LocalChainException($"There is no anvil at '{options.BinaryPath}'. It is restored by the build from native/chain; see native/README.md.");
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var endpoint = new Uri($"http://127.0.0.1:{port}");
            var process = LocalProcess.Start(options.BinaryPath, Arguments(options, port));
            var rpc = new JsonRpcEndpoint(new JsonRpcOptions { Endpoint = endpoint, AttemptsMax = 1 }, time);
            try
            {
                if (await AnswersAsync(process, rpc, options, time, cancellationToken))
                    return new LocalChain(process, rpc, endpoint);
                if (attempt == PortAttemptsMax)
                    throw new LocalChainException($"anvil ended at once, {attempt} times: {process.LastErrors}");
            }
            catch
            {
                rpc.Dispose();
                await process.DisposeAsync();
                throw;
            }

            rpc.Dispose();
            await process.DisposeAsync();
        }
    }

    public JsonRpcChainClient CreateClient(AbiErrorTable errors) => new(Rpc, errors);

    /// <summary>Mines blocks now.</summary>
    public Task MineAsync(int blocks, CancellationToken cancellationToken) => DoAsync(new JsonRpcCall("anvil_mine", blocks), cancellationToken);

    /// <summary>Moves the chain's clock and mines a block that shows it.</summary>
    public async Task IncreaseTimeAsync(TimeSpan by, CancellationToken cancellationToken)
    {
        await DoAsync(new JsonRpcCall("evm_increaseTime", checked((long)by.TotalSeconds)), cancellationToken);
        await MineAsync(1, cancellationToken);
    }

    /// <exception cref="LocalChainException">anvil refused.</exception>
    public async Task DoAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        var reply = await Rpc.CallAsync(call, cancellationToken);
        if (reply.Error is { } error)
            throw new LocalChainException($"anvil refused {call.Method}: {error.Message}");
    }

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        await _process.DisposeAsync();
    }

    private static string[] Arguments(LocalChainOptions options, int port)
    {
        List<string> arguments =
        [
            "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--chain-id", options.ChainId.ToString(CultureInfo.InvariantCulture),
            // Real chains bound a transaction's gas (EIP-7825); tests that pass without would fail there.
            "--silent", "--enable-tx-gas-limit", "--slots-in-an-epoch", SlotsInAnEpoch.ToString(CultureInfo.InvariantCulture),
        ];
        if (options.BlockTimeSeconds is { } seconds)
            arguments.AddRange(["--block-time", seconds.ToString(CultureInfo.InvariantCulture)]);
        if (options.StatePath is { } path)
            arguments.AddRange(["--state", path, "--state-interval", StateIntervalSeconds.ToString(CultureInfo.InvariantCulture)]);
        return [.. arguments];
    }

    /// <summary>False when the process ended before it answered: its port was taken.</summary>
    private static async Task<bool> AnswersAsync(LocalProcess process, JsonRpcEndpoint rpc, LocalChainOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var client = new JsonRpcChainClient(rpc, AbiErrorTable.Standard);
        while (time.GetElapsedTime(start) < options.StartTimeout)
        {
            await Task.Delay(PollInterval, time, cancellationToken);
            if (process.HasExited)
                return false;
            try
            {
                // An answer of somebody else's server on this port is none of ours: ours would have ended.
                if (await client.ChainIdAsync(cancellationToken) == options.ChainId && !process.HasExited)
                    return true;
            }
            catch (ChainUnavailableException)
            {
                // Not there yet.
            }
        }

        throw new LocalChainException($"anvil did not answer within {options.StartTimeout.TotalSeconds:0} s: {process.LastErrors}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
