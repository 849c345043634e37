using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Silo.Webhooks;

/// <summary>What a webhook says, how it is signed and when it is tried again. Form and signature are those of Standard Webhooks 1.0.</summary>
internal static class WebhookRules
{
    /// <summary>Deliveries tried: the last one about a day after the first.</summary>
    public const int AttemptsMax = 12;

    /// <summary>Characters of a reason that are kept.</summary>
    public const int ErrorLength = 512;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseMax = TimeSpan.FromHours(4);

    /// <summary>Four times longer each time, up to the maximum.</summary>
    /// <param name="attempts">Made so far, at least one.</param>
    public static TimeSpan Pause(int attempts)
    {
        var pause = FirstPause;
        for (var i = 1; i < attempts && pause < PauseMax; i++)
            pause *= 4;
        return pause < PauseMax ? pause : PauseMax;
    }

    /// <summary>Names the message for the receiver, who may get it more than once.</summary>
    public static string Id(WebhookRow row) => "msg_" + row.Request;

    /// <summary>What happened, without the question and without the answer.</summary>
    public static string Body(SignedReceipt receipt)
    {
        var state = receipt.Receipt.State;
        var path = "/v1/requests/" + state.Spec.Id;
        return new JsonObject
        {
            ["type"] = "request." + RequestView.Name(state.Phase),
            ["timestamp"] = receipt.Receipt.FinishedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["data"] = new JsonObject
            {
                ["request_id"] = state.Spec.Id.ToString(),
                ["status"] = RequestView.Name(state.Phase),
                ["refund_reason"] = state.Refund == RefundReason.None ? null : RequestView.Snake(state.Refund.ToString()),
                ["model"] = state.Spec.Model.Id,
                ["integrity"] = state.Spec.Integrity.ToString(),
                ["price_micros"] = state.Price.Value,
                ["links"] = new JsonObject { ["self"] = path, ["answer"] = path + "/answer", ["receipt"] = path + "/receipt" },
            },
        }.ToJsonString();
    }

    /// <summary>Header webhook-signature.</summary>
    public static string Signature(byte[] secret, string id, DateTimeOffset at, string body)
    {
        var signed = string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}.{body}");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed)));
    }

    /// <summary>The row after an attempt.</summary>
    /// <param name="row">Before it.</param>
    /// <param name="now">When it was made.</param>
    /// <param name="problem">Why it failed; null when it did not.</param>
    /// <param name="isFinal">Whether trying again is of no use.</param>
    public static WebhookRow After(WebhookRow row, DateTimeOffset now, string? problem, bool isFinal)
    {
        var attempts = row.Attempts + 1;
        if (problem is null)
            return row with { Attempts = attempts, State = WebhookState.Delivered, LastError = "" };
        var ends = isFinal || attempts >= AttemptsMax;
        return row with
        {
            Attempts = attempts,
            State = ends ? WebhookState.GaveUp : WebhookState.Waiting,
            NextAt = ends ? row.NextAt : now + Pause(attempts),
            LastError = Plain(problem),
        };
    }

    /// <summary>One line, not longer than what is kept.</summary>
    private static string Plain(string problem)
    {
        var line = new string([.. problem.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)]);
        return line.Length <= ErrorLength ? line : line[..ErrorLength];
    }
}
