using System.Text.Json.Nodes;
using Atoma.Cli.Verify;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;

namespace Atoma.Cli.Tests.Verify;

public sealed class ModelCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private static SignedReceipt Receipt(string integrity, Cheat cheat)
    {
        var harness = new RequestHarness(integrity, nodes: 12) { Casting = (purpose, n) => purpose == DrawPurpose.Primary && n == 0 ? cheat : Cheat.None };
        harness.Run();
        return harness.Receipt();
    }

    private static Task<IReadOnlyList<ModelFinding>> CheckAsync(RequestState state, IInferenceEngine engine, Hash32 echelon) =>
        new ModelCheck(engine, echelon, state).RunAsync(_ => { }, CancellationToken.None);

    [Theory]
    [InlineData("none", Cheat.None, 0)]
    [InlineData("checked", Cheat.None, 0)]
    // Nobody looked: the receipt holds offline, and only the model shows what was delivered.
    [InlineData("none", Cheat.OtherModel, 1)]
    public async Task Run_InTheReceiptsEchelon_ComparesEveryBit(string integrity, Cheat cheat, int code)
    {
        var receipt = Receipt(integrity, cheat);
        Assert.Empty(new ReceiptVerifier(RequestHarness.Signatures).Verify(receipt));
        var check = new ModelCheck(new FakeEngine(), receipt.Receipt.State.Echelon!.Value, receipt.Receipt.State);
        Assert.True(check.IsExact);
        var findings = await check.RunAsync(_ => { }, CancellationToken.None);
        Assert.Equal(code == 0 ? Verdict.Match : Verdict.Mismatch, Assert.Single(findings).Outcome.Verdict);
        Assert.Equal(code, new VerifyReport(json: false, _output, _errors).WithModel(receipt, check.Method, findings));
        Assert.Contains(code == 0 ? "as the receipt says" : "do not trust the answer", _output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Resolvers convicted the first answer: the model finds the same, and the delivered one right.</summary>
    [Fact]
    public async Task Run_AfterAConviction_ConfirmsIt()
    {
        var state = Receipt("checked", Cheat.OtherModel).Receipt.State;
        var findings = await CheckAsync(state, new FakeEngine(), state.Echelon!.Value);
        Assert.Equal([Verdict.Match, Verdict.Mismatch], findings.Select(f => f.Outcome.Verdict));
        Assert.All(findings, f => Assert.True(f.Agrees));
    }

    /// <summary>A machine that cannot repeat itself blames nobody.</summary>
    [Fact]
    public async Task Run_MismatchOnAnUnsteadyMachine_IsInconclusive()
    {
        var state = Receipt("none", Cheat.OtherModel).Receipt.State;
        var finding = Assert.Single(await CheckAsync(state, new FakeEngine(steady: false), state.Echelon!.Value));
        Assert.Equal(Verdict.Inconclusive, finding.Outcome.Verdict);
        Assert.Contains("does not reproduce", finding.Outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FromAnEchelonWithoutThresholds_SaysThatItCannotTell()
    {
        var receipt = Receipt("checked", Cheat.None);
        var check = new ModelCheck(new FakeEngine(), Hash32.Zero, receipt.Receipt.State);
        Assert.StartsWith("statistical", check.Method, StringComparison.Ordinal);
        var findings = await check.RunAsync(_ => { }, CancellationToken.None);
        Assert.True(Assert.Single(findings).IsInconclusive);
        Assert.Equal(3, new VerifyReport(json: true, _output, _errors).WithModel(receipt, check.Method, findings));
        var result = JsonNode.Parse(_output.ToString())!;
        Assert.False((bool)result["valid"]!);
        Assert.Equal("inconclusive", (string?)result["stage2"]!["findings"]![0]!["verdict"]);
    }

    private async Task<int> VerifyAsync(SignedReceipt receipt, VerifyCommand.ModelLoader load)
    {
        await File.WriteAllTextAsync(_folder.File("receipt.json"), ReceiptFile.Write(receipt));
        return await VerifyCommand.RunAsync(new FileInfo(_folder.File("receipt.json")), coordinator: null, load, new VerifyReport(json: false, _output, _errors), CancellationToken.None);
    }

    [Fact]
    public async Task Verify_WithAnotherModelsFile_SaysSoBeforeLoadingIt()
    {
        var demo = Path.Combine(AppContext.BaseDirectory, "atoma-demo.gguf");
        Assert.Equal(1, await VerifyAsync(Receipt("checked", Cheat.None), (spec, token) => ReceiptModel.LoadAsync(demo, spec, 1, _errors.WriteLine, token)));
        Assert.Contains("is not the receipt's model fake-model", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Loading", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithAFileThatIsNoModel_IsUnavailable()
    {
        await File.WriteAllTextAsync(_folder.File("model.gguf"), "no model");
        Assert.Equal(2, await VerifyAsync(Receipt("checked", Cheat.None), (spec, token) => ReceiptModel.LoadAsync(_folder.File("model.gguf"), spec, 1, _errors.WriteLine, token)));
        Assert.Contains("the model could not be run", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_ReceiptWithoutAnAnswer_LoadsNoModel()
    {
        var harness = new RequestHarness("none", nodes: 1) { Casting = (_, _) => Cheat.SilentAtWork };
        harness.Run();
        Assert.Empty(ModelCheck.Subjects(harness.State));
        Assert.Equal(0, await VerifyAsync(harness.Receipt(), (_, _) => throw new InvalidOperationException("loaded")));
        Assert.Contains("nothing to check", _output.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }
}
