using System.Diagnostics;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Local;

namespace Atoma.Ethereum.Tests.Local;

public class LocalChainTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Start_DevelopmentKeys_AreFundedAndEndIsTheEnd()
    {
        Uri endpoint;
        int process;
        await using (var chain = await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find(), ChainId = 777 }, TimeProvider.System, None))
        {
            (endpoint, process) = (chain.Endpoint, chain.ProcessId);
            var client = chain.CreateClient(AbiErrorTable.Standard);
            Assert.Equal(777UL, await client.ChainIdAsync(None));
            for (var i = 0; i < DevelopmentKeys.Count; i++)
            {
                using var key = DevelopmentKeys.Get(i);
                Assert.False((await client.BalanceAsync(key.Id, None)).IsZero);
            }

            var before = await client.HeadAsync(None);
            await chain.IncreaseTimeAsync(TimeSpan.FromHours(1), None);
            await chain.MineAsync(3, None);
            var after = await client.HeadAsync(None);
            Assert.Equal(before.Number + 4, after.Number);
            Assert.InRange(after.Timestamp - before.Timestamp, 3600, 3700);
        }

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(process));
        using var http = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(endpoint));
    }

    [Fact]
    public async Task Start_StateFile_ChainGoesOn()
    {
        var options = new LocalChainOptions { BinaryPath = LocalChainBinary.Find(), StatePath = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()) };
        try
        {
            ChainBlock left;
            await using (var chain = await LocalChain.StartAsync(options, TimeProvider.System, None))
            {
                await chain.MineAsync(5, None);
                left = await chain.CreateClient(AbiErrorTable.Standard).HeadAsync(None);
            }

            await using var again = await LocalChain.StartAsync(options, TimeProvider.System, None);
            Assert.Equal(left, await again.CreateClient(AbiErrorTable.Standard).HeadAsync(None));
        }
        finally
        {
            File.Delete(options.StatePath);
        }
    }

    [Fact]
    public async Task Start_BinaryThatEndsAtOnce_NamesWhatItSaid()
    {
        var missing = await Assert.ThrowsAsync<LocalChainException>(() => LocalChain.StartAsync(new LocalChainOptions { BinaryPath = "/nowhere" }, TimeProvider.System, None));
        Assert.Contains("/nowhere", missing.Message);
        var wrong = await Assert.ThrowsAsync<LocalChainException>(() => LocalChain.StartAsync(new LocalChainOptions { BinaryPath = "/bin/ls" }, TimeProvider.System, None));
        Assert.Contains("--host", wrong.Message);
    }
}
