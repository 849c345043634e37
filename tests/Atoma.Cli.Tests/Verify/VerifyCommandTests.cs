using System.Text.Json.Nodes;
using Atoma.Cli.Verify;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Cli.Tests.Verify;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private int Verify(Func<string, string>? change = null, bool json = false)
    {
        var harness = new RequestHarness("checked");
        harness.Run();
        var text = ReceiptFile.Write(harness.Receipt());
        File.WriteAllText(_folder.File("receipt.json"), change is null ? text : change(text));
        return VerifyCommand.Run(new FileInfo(_folder.File("receipt.json")), json, _output, _errors);
    }

    [Fact]
    public void Verify_RightReceipt_SaysThatAllChecksHold()
    {
        Assert.Equal(0, Verify());
        Assert.Contains("All ", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("integrity  checked", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("price      ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_TamperedReceipt_NamesTheField()
    {
        Assert.Equal(1, Verify(text => text.Replace("\"price_micros\": ", "\"price_micros\": 1", StringComparison.Ordinal)));
        Assert.Contains("  view.price_micros: ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_AsJson_CanBeReadByAScript()
    {
        Assert.Equal(0, Verify(json: true));
        var result = JsonNode.Parse(_output.ToString())!;
        Assert.True((bool)result["valid"]!);
        Assert.Empty(result["problems"]!.AsArray());
    }

    [Fact]
    public void Verify_NotJson_FailsWithoutAStackTrace()
    {
        Assert.Equal(1, Verify(_ => "hello"));
        Assert.Contains("file: is not JSON", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_MissingFile_IsUnavailable()
    {
        Assert.Equal(2, VerifyCommand.Run(new FileInfo(_folder.File("none.json")), false, _output, _errors));
        Assert.Contains("Cannot read none.json", _errors.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }
}
