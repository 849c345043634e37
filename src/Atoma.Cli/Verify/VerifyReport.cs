using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Protocol.Receipts;

namespace Atoma.Cli.Verify;

/// <summary>What <c>verify</c> prints: findings on the output, progress on the error stream.</summary>
/// <param name="json">For scripts instead of people.</param>
/// <param name="output">Gets the result.</param>
/// <param name="errors">Gets progress and what could not be done.</param>
public sealed class VerifyReport(bool json, TextWriter output, TextWriter errors)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public void Progress(string line) => errors.WriteLine(line);

    public int Unavailable(string message)
    {
        errors.WriteLine(message);
        return ExitCode.Unavailable;
    }

    /// <summary>What was found without a model.</summary>
    public int Offline(SignedReceipt? receipt, IReadOnlyList<ReceiptProblem> problems) =>
        Write(receipt, problems, null, problems.Count == 0 ? ExitCode.Ok : ExitCode.Failed);

    /// <summary>The receipt holds; the file is another model's.</summary>
    public int WrongModel(SignedReceipt receipt, string message)
    {
        Write(receipt, [], new JsonObject { ["problem"] = message }, ExitCode.Failed);
        if (!json)
            output.WriteLine($"Stage 2 was not run: {message}");
        return ExitCode.Failed;
    }

    /// <summary>The receipt holds; this is what the model says.</summary>
    public int WithModel(SignedReceipt receipt, string method, IReadOnlyList<ModelFinding> findings)
    {
        var code = findings.Any(f => !f.Agrees && !f.IsInconclusive) ? ExitCode.Failed : findings.Any(f => f.IsInconclusive) ? ExitCode.Inconclusive : ExitCode.Ok;
        Write(receipt, [], new JsonObject
        {
            ["method"] = method,
            ["findings"] = new JsonArray([.. findings.Select(f => (JsonNode)new JsonObject
            {
                ["subject"] = f.Subject,
                ["output_digest"] = f.Digest.ToString(),
                ["verdict"] = RequestView.Snake(f.Outcome.Verdict.ToString()),
                ["position"] = f.Outcome.Position,
                ["reason"] = f.Outcome.Reason,
                ["agrees"] = f.Agrees,
            })]),
        }, code);
        if (json)
            return code;
        output.WriteLine($"Stage 2    {method}");
        foreach (var finding in findings)
            output.WriteLine($"  {Say(finding)}");
        return code;
    }

    private static string Say(ModelFinding f)
    {
        var why = f.Outcome.Reason.Length > 0 ? $": {f.Outcome.Reason}" : "";
        if (f.IsInconclusive)
            return $"{f.Subject}: this machine cannot tell{why}";
        var where = f.Outcome.Position >= 0 ? $" (position {f.Outcome.Position})" : "";
        var found = f.Outcome.Verdict == Protocol.Verification.Verdict.Match ? "is what the model gives" : $"is not what the model gives{where}{why}";
        return f.Agrees ? $"{f.Subject} {found}, as the receipt says." : $"{f.Subject} {found}. The receipt says otherwise: do not trust the answer.";
    }

    private int Write(SignedReceipt? receipt, IReadOnlyList<ReceiptProblem> problems, JsonObject? stage2, int code)
    {
        var fields = receipt is null ? 0 : ReceiptCodec.Encode(receipt.Receipt).Fields.Count;
        var view = receipt is null ? null : RequestView.Build(receipt.Receipt.State, receipt.Receipt.FinishedAt);
        if (json)
            output.WriteLine(Describe(receipt, view, problems, fields, stage2, code).ToJsonString(Indented));
        else
            Print(receipt, view, problems, fields);
        return code;
    }

    private void Print(SignedReceipt? receipt, JsonObject? view, IReadOnlyList<ReceiptProblem> problems, int fields)
    {
        if (receipt is not null && view is not null)
        {
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

    private static JsonObject Describe(SignedReceipt? receipt, JsonObject? view, IReadOnlyList<ReceiptProblem> problems, int fields, JsonObject? stage2, int code)
    {
        var result = new JsonObject { ["valid"] = code == ExitCode.Ok, ["checks"] = fields };
        foreach (var name in new[] { "request_id", "integrity", "status", "verdict", "price_micros" })
            result[name] = view?[name]?.DeepClone();
        result["coordinator"] = receipt?.Coordinator.ToString();
        result["problems"] = new JsonArray([.. problems.Select(p => (JsonNode)new JsonObject { ["field"] = p.Field, ["reason"] = p.Reason })]);
        if (stage2 is not null)
            result["stage2"] = stage2;
        return result;
    }
}
