using System.Text.Json.Nodes;
using Atoma.Cli.Verify;
using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Cli.Tests.Verify;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private Task<int> RunAsync(string file, bool json = false, NodeId? coordinator = null) =>
        VerifyCommand.RunAsync(new FileInfo(_folder.File(file)), coordinator, load: null, new VerifyReport(json, _output, _errors), CancellationToken.None);

    private Task<int> VerifyAsync(Func<string, string>? change = null, bool json = false, NodeId? coordinator = null)
    {
        var harness = new RequestHarness("checked");
        harness.Run();
        var text = ReceiptFile.Write(harness.Receipt());
        File.WriteAllText(_folder.File("receipt.json"), change is null ? text : change(text));
        return RunAsync("receipt.json", json, coordinator);
    }

    [Fact]
    public async Task Verify_RightReceipt_SaysThatAllChecksHold()
    {
        Assert.Equal(0, await VerifyAsync());
        Assert.Contains("All ", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("integrity  checked", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("price      ", _output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Anybody can sign a receipt of a request that never was; whose it is, the reader has to say.</summary>
    [Fact]
    public async Task Verify_ForACoordinator_RefusesAnyOther()
    {
        Assert.Equal(0, await VerifyAsync(coordinator: RequestHarness.Coordinator.Id));
        Assert.Equal(1, await VerifyAsync(coordinator: default(NodeId)));
        Assert.Contains("  coordinator: is 0x", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_TamperedReceipt_NamesTheField()
    {
        Assert.Equal(1, await VerifyAsync(text => text.Replace("\"price_micros\": ", "\"price_micros\": 1", StringComparison.Ordinal)));
        Assert.Contains("  view.price_micros: ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_AsJson_CanBeReadByAScript()
    {
        Assert.Equal(0, await VerifyAsync(json: true));
        var result = JsonNode.Parse(_output.ToString())!;
        Assert.True((bool)result["valid"]!);
        Assert.Empty(result["problems"]!.AsArray());
    }

    [Fact]
    public async Task Verify_NotJson_FailsWithoutAStackTrace()
    {
        Assert.Equal(1, await VerifyAsync(_ => "hello"));
        Assert.Contains("file: is not JSON", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_MissingFile_IsUnavailable()
    {
        Assert.Equal(2, await RunAsync("none.json"));
        Assert.Contains("Cannot read none.json", _errors.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }
}
