using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Cli.Verify;

/// <summary><c>verify FILE [--json]</c>: re-checks all of a receipt offline, with no key and no node (P9).</summary>
public static class VerifyCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Build()
    {
        var file = new Argument<FileInfo>("file") { Description = "receipt.json, as GET /v1/requests/{id}/receipt gives it." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("verify", "Re-check a receipt offline: draws, signatures, openings, sampled tokens, votes, payments.") { file, json };
        command.SetAction(result => Run(result.GetRequiredValue(file), result.GetValue(json), Console.Out, Console.Error));
        return command;
    }

    /// <returns>0 when it all holds, 1 when something does not, 2 when the file cannot be read.</returns>
    public static int Run(FileInfo file, bool json, TextWriter output, TextWriter errors)
    {
        string text;
        try
        {
            if (file.Length > ReceiptFile.LengthMax)
                return Unreadable($"{file.Name} is larger than a receipt can be ({ReceiptFile.LengthMax} bytes).", errors);
            text = File.ReadAllText(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable($"Cannot read {file.Name}: {e.Message}", errors);
        }

        var problems = ReceiptFile.Verify(text, new EthereumSignatures(), out var receipt);
        var fields = receipt is null ? 0 : ReceiptCodec.Encode(receipt.Receipt).Fields.Count;
        if (json)
            output.WriteLine(Describe(receipt, problems, fields).ToJsonString(Indented));
        else
            Print(receipt, problems, fields, output);
        return problems.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static int Unreadable(string message, TextWriter errors)
    {
        errors.WriteLine(message);
        return ExitCode.Unavailable;
    }

    private static void Print(SignedReceipt? receipt, IReadOnlyList<ReceiptProblem> problems, int fields, TextWriter output)
    {
        if (receipt is not null)
        {
            var view = View(receipt);
            output.WriteLine($"request    {view["request_id"]}");
            output.WriteLine($"model      {view["model"]}");
            output.WriteLine($"integrity  {view["integrity"]}");
            output.WriteLine($"status     {view["status"]}{(view["refund_reason"] is { } why ? $" ({why})" : "")}");
            output.WriteLine($"verdict    {view["verdict"]}");
            output.WriteLine($"price      {view["price_micros"]} micros of {view["hold_micros"]} held");
            output.WriteLine($"signed by  {receipt.Coordinator}");
        }

        if (problems.Count == 0)
        {
            output.WriteLine($"All {fields} checks hold: every field is what was signed, and what it says follows from the evidence.");
            return;
        }

        output.WriteLine($"{problems.Count} {(problems.Count == 1 ? "problem" : "problems")}: do not trust this receipt.");
        foreach (var problem in problems)
            output.WriteLine($"  {problem.Field}: {problem.Reason}");
    }

    private static JsonObject Describe(SignedReceipt? receipt, IReadOnlyList<ReceiptProblem> problems, int fields)
    {
        var view = receipt is null ? null : View(receipt);
        return new JsonObject
        {
            ["valid"] = problems.Count == 0,
            ["checks"] = fields,
            ["request_id"] = view?["request_id"]?.DeepClone(),
            ["integrity"] = view?["integrity"]?.DeepClone(),
            ["status"] = view?["status"]?.DeepClone(),
            ["verdict"] = view?["verdict"]?.DeepClone(),
            ["price_micros"] = view?["price_micros"]?.DeepClone(),
            ["coordinator"] = receipt?.Coordinator.ToString(),
            ["problems"] = new JsonArray([.. problems.Select(p => (JsonNode)new JsonObject { ["field"] = p.Field, ["reason"] = p.Reason })]),
        };
    }

    private static JsonObject View(SignedReceipt receipt) => RequestView.Build(receipt.Receipt.State, receipt.Receipt.FinishedAt);
}
