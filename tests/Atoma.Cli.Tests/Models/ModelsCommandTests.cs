using System.Security.Cryptography;
using Atoma.Cli.Models;

namespace Atoma.Cli.Tests.Models;

public sealed class ModelsCommandTests : IDisposable
{
    private const string Name = "qwen2.5-0.5b-instruct";

    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => unchecked((byte)(i * 31 >> 3)))];
    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Content));

    private readonly TempFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private string Target => _folder.File("qwen2.5-0.5b-instruct-q8_0.gguf");

    private Task<int> Pull(string hub, string? name = Name, string? url = null, string? sha256 = null) =>
        ModelsCommand.RunAsync(name, url, sha256, _folder.Info, hub, _output, _errors, CancellationToken.None);

    [Fact]
    public async Task Pull_NamedModel_ChecksTheHashTheHubAnnounces()
    {
        using var hub = new LoopbackHub(Content, Hash);
        Assert.Equal(0, await Pull(hub.Address));
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
        Assert.False(File.Exists(Target + ".partial"));
        Assert.Contains($"SHA-256 {Hash} (as the hub announced it)", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_FileAlreadyThere_DownloadsNothing()
    {
        using var hub = new LoopbackHub(Content, Hash);
        await File.WriteAllBytesAsync(Target, Content);
        Assert.Equal(0, await Pull(hub.Address));
        Assert.Contains("there already", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pull_AfterTheConnectionBroke_ResumesOrStartsOver(bool ignoresRanges)
    {
        using var hub = new LoopbackHub(Content, Hash) { CutAfter = 200_000, IgnoresRanges = ignoresRanges };
        Assert.Equal(2, await Pull(hub.Address));
        Assert.Contains("resumes", _errors.ToString(), StringComparison.Ordinal);
        var there = new FileInfo(Target + ".partial").Length;
        Assert.InRange(there, 1, 200_000);
        Assert.Equal(0, await Pull(hub.Address));
        Assert.Equal([null, $"bytes={there}-"], hub.Ranges);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task Pull_PartialIsComplete_OnlyChecksIt()
    {
        using var hub = new LoopbackHub(Content, Hash);
        await File.WriteAllBytesAsync(Target + ".partial", Content);
        Assert.Equal(0, await Pull(hub.Address));
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task Pull_WrongHash_FailsAndKeepsNothing()
    {
        using var hub = new LoopbackHub(Content, new string('a', 64));
        Assert.Equal(1, await Pull(hub.Address));
        Assert.Contains($"its SHA-256 is {Hash}", _errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(_folder.Info.GetFiles());
    }

    [Fact]
    public async Task Pull_ServerGone_SaysHowToGoOnByHand()
    {
        string address;
        using (var hub = new LoopbackHub(Content, Hash))
            address = hub.Address;
        Assert.Equal(2, await Pull(address));
        Assert.Contains($"Could not download {address}", _errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("--model", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_ByUrl_ChecksTheGivenHash()
    {
        using var hub = new LoopbackHub(Content, "");
        Assert.Equal(0, await Pull(hub.Address, null, hub.Address + "/store/file", Hash.ToUpperInvariant()));
        Assert.Equal(Content, await File.ReadAllBytesAsync(_folder.File("file")));
        Assert.Equal(2, await Pull(hub.Address, null, hub.Address + "/store/none", Hash));
        Assert.Contains("404", _errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null, "either a name")]
    [InlineData("nothing", null, null, "no model 'nothing'")]
    [InlineData(null, "http://127.0.0.1/x", null, "needs --sha256")]
    [InlineData(null, "http://127.0.0.1/x", "12", "64 hex digits")]
    [InlineData(null, "file:///x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "not an http address")]
    public async Task Pull_WrongArguments_SaysWhatIsWrong(string? name, string? url, string? sha256, string message)
    {
        Assert.Equal(2, await Pull("http://127.0.0.1:1", name, url, sha256));
        Assert.Contains(message, _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Format_HalfWay_ShowsBarSpeedAndTimeLeft() => Assert.Equal(
        "[###############...............]  50 % of 200.0 MB    5.0 MB/s 00:00:20 left",
        ProgressLine.Format(100_000_000, 200_000_000, 50_000_000, TimeSpan.FromSeconds(10)));

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }
}
