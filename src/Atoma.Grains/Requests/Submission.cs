using System.Globalization;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>What an idempotency key stands for: the question as it was asked, not the terms it would be answered on now.</summary>
internal static class Submission
{
    /// <summary>
    /// Equal for equal questions. A level by its name, an assurance by its number: which level that is depends on who is there. A
    /// drawn seed, the nonce and whether the answer is streamed count for nothing.
    /// </summary>
    public static Hash32 Digest(SubmitCall call)
    {
        var w = new CanonicalWriter().Text("atoma/asked/1").Text(call.Model).Int32(call.Choice).Int32(call.Choices);
        Maybe(w, call.Prompt);
        w.Tokens([.. call.PromptTokens]);
        w.Count(call.Messages.Count);
        foreach (var turn in call.Messages)
        {
            w.Text(turn.Role).Text(turn.Content);
            Maybe(w, turn.Name);
            Maybe(w, turn.ToolCallId);
            w.Count(turn.ToolCalls.Count);
            foreach (var called in turn.ToolCalls)
                w.Text(called.Id).Text(called.Name).Text(called.Arguments);
        }

        w.Count(call.Tools.Count);
        foreach (var tool in call.Tools)
            w.Text(tool);
        w.Count(call.Inputs.Count);
        foreach (var input in call.Inputs)
        {
            Maybe(w, input.Text);
            w.Tokens([.. input.Tokens]);
        }

        w.Text(call.Integrity).Text(call.Assurance?.ToString("R", CultureInfo.InvariantCulture) ?? "").Int32(call.MaxTokens).Bool(call.SeedGiven);
        return w.Bytes(Parameters(call)).Sha256();
    }

    /// <summary>Without a seed that nobody gave. Bytes that are no parameters are compared as they are: they are refused later.</summary>
    private static byte[] Parameters(SubmitCall call)
    {
        if (call.SeedGiven)
            return call.Parameters;
        try
        {
            var reader = new CanonicalReader(call.Parameters);
            var writer = new CanonicalWriter();
            (SamplingParameters.Read(ref reader) with { Seed = 0 }).Write(writer);
            return writer.ToArray();
        }
        catch (CanonicalFormatException)
        {
            return call.Parameters;
        }
    }

    private static void Maybe(CanonicalWriter w, string? text)
    {
        w.Bool(text is not null);
        w.Text(text ?? "");
    }
}
