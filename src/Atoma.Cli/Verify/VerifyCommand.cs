using System.CommandLine;
using Atoma.Ethereum;
using Atoma.Inference;
using Atoma.Inference.Gguf;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Cli.Verify;

/// <summary>
/// <c>verify FILE [--model GGUF] [--json]</c>: re-checks all of a receipt offline, with no key and no node (P9); with the model
/// also that the answer is the model's.
/// </summary>
public static class VerifyCommand
{
    public static Command Build()
    {
        var file = new Argument<FileInfo>("file") { Description = "receipt.json, as GET /v1/requests/{id}/receipt gives it." };
        var model = new Option<FileInfo?>("--model") { Description = "GGUF file of the receipt's model: also recompute the answer by one prefill." };
        var threads = new Option<int>("--threads") { Description = "CPU threads for the model; they change no bit.", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount / 2) };
        var coordinator = new Option<string?>("--coordinator") { Description = "Address of the network's coordinator: a receipt signed by any other is refused." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("verify", "Re-check a receipt offline: draws, signatures, openings, sampled tokens, votes, payments.") { file, coordinator, model, threads, json };
        command.SetAction((result, cancellationToken) =>
        {
            var report = new VerifyReport(result.GetValue(json), Console.Out, Console.Error);
            NodeId? expected = null;
            if (result.GetValue(coordinator) is { } address)
            {
                if (!NodeId.TryParse(address, out var parsed))
                    return Task.FromResult(report.Unavailable($"--coordinator takes an address, 0x and 40 hex digits, not '{address}'."));
                expected = parsed;
            }

            ModelLoader? load = result.GetValue(model) is { } gguf
                ? (spec, token) => ReceiptModel.LoadAsync(gguf.FullName, spec, result.GetValue(threads), report.Progress, token)
                : null;
            return RunAsync(result.GetRequiredValue(file), expected, load, report, cancellationToken);
        });
        return command;
    }

    /// <summary>Loads the model that a receipt's request names.</summary>
    public delegate Task<IInferenceEngine> ModelLoader(RequestSpec spec, CancellationToken cancellationToken);

    /// <param name="file">receipt.json.</param>
    /// <param name="coordinator">Whose receipt it must be; null for anybody's.</param>
    /// <param name="load">Loads the model; null to do without.</param>
    /// <param name="report">Where to print.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>0 when it all holds, 1 when something does not, 2 when a file cannot be read or the model not run, 3 when the model cannot tell.</returns>
    public static async Task<int> RunAsync(FileInfo file, NodeId? coordinator, ModelLoader? load, VerifyReport report, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            if (file.Length > ReceiptFile.LengthMax)
                return report.Unavailable($"{file.Name} is larger than a receipt can be ({ReceiptFile.LengthMax} bytes).");
            text = await File.ReadAllTextAsync(file.FullName, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return report.Unavailable($"Cannot read {file.Name}: {e.Message}");
        }

        var problems = ReceiptFile.Verify(text, new EthereumSignatures(), out var receipt);
        if (receipt is not null && coordinator is { } expected && receipt.Coordinator != expected)
            problems = [.. problems, new ReceiptProblem("coordinator", $"is {receipt.Coordinator}, not {expected}")];
        // A model says nothing of a receipt that nobody vouches for.
        if (problems.Count > 0 || load is null)
            return report.Offline(receipt, problems);
        try
        {
            return await CheckModelAsync(receipt!, load, report, cancellationToken);
        }
        catch (WrongModelException e)
        {
            return report.WrongModel(receipt!, e.Message);
        }
        catch (Exception e) when (e is GgufException or InferenceException or EngineRefusedException or ArgumentException)
        {
            return report.Unavailable($"The receipt holds offline, but the model could not be run: {e.Message}");
        }
    }

    private static async Task<int> CheckModelAsync(SignedReceipt receipt, ModelLoader load, VerifyReport report, CancellationToken cancellationToken)
    {
        var state = receipt.Receipt.State;
        if (ModelCheck.Subjects(state).Count == 0)
            return report.WithModel(receipt, "nothing to check: the receipt delivers no answer, and convicts none that a model could judge", []);
        await using var engine = await load(state.Spec, cancellationToken);
        var check = new ModelCheck(engine, engine.Echelon.Id(), state);
        report.Progress($"Stage 2 is {check.Method}.");
        return report.WithModel(receipt, check.Method, await check.RunAsync(report.Progress, cancellationToken));
    }
}
