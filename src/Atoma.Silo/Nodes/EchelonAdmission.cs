using System.Text.Json;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Silo.Nodes;

/// <summary>This machine does not compute what its echelon does: joining would put its collateral at stake for nothing.</summary>
internal sealed class EchelonMismatchException(string message) : Exception(message);

/// <summary>One echelon whose known answers are shipped with the program.</summary>
/// <param name="Model">The model's name, for people.</param>
/// <param name="Echelon">Id of the echelon, hex.</param>
/// <param name="Device">Backend and device class, for people.</param>
/// <param name="Flags">Its numeric flags, for people.</param>
/// <param name="Answers">Transcript digests in the order of <see cref="KnownAnswers"/>, hex.</param>
internal sealed record ShippedEchelon(string Model, string Echelon, string Device, string Flags, IReadOnlyList<string> Answers)
{
    public static ShippedEchelon Of(IInferenceEngine engine, IEnumerable<Hash32> answers) => new(
        engine.Model.Id, engine.Echelon.Id().ToString(), $"{engine.Echelon.Backend} {engine.Echelon.DeviceClass}", engine.Echelon.NumericFlags,
        [.. answers.Select(a => a.ToString())]);
}

/// <summary>The echelon's test (P2.5), as a node takes it before it joins.</summary>
internal static class EchelonAdmission
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Beside the program, where the build puts it.</summary>
    public static string ShippedFile => Path.Combine(AppContext.BaseDirectory, "models", "echelons.json");

    /// <param name="engine">Loaded.</param>
    /// <param name="known">Echelons whose answers are known.</param>
    /// <param name="selfTest">Also compute the set in other ways: once for each machine is enough.</param>
    /// <param name="cancellationToken">Stops the test.</param>
    /// <returns>The answers to join with.</returns>
    /// <exception cref="EchelonMismatchException">The set came out otherwise than it is known, or otherwise each time.</exception>
    public static async Task<IReadOnlyList<Hash32>> AnswerAsync(
        IInferenceEngine engine, IReadOnlyList<ShippedEchelon> known, bool selfTest, CancellationToken cancellationToken)
    {
        var answers = await KnownAnswers.AnswerAsync(engine, cancellationToken);
        if (!engine.Echelon.IsExact)
            return answers;
        if (selfTest && await KnownAnswers.SelfTestAsync(engine, cancellationToken) is { } problem)
        {
            throw new EchelonMismatchException(
                $"This machine cannot join an echelon with {engine.Model.Id}: {problem}. Serve it with --mode Fast, which is not compared bit by bit.");
        }

        var mine = ShippedEchelon.Of(engine, answers);
        var expected = known.FirstOrDefault(e => e.Echelon == mine.Echelon);
        return expected is null || expected.Answers.SequenceEqual(mine.Answers)
            ? answers
            : throw new EchelonMismatchException(
                $"This machine does not reproduce the known answers of its echelon ({mine.Device}, {mine.Flags}, model {mine.Model}); other nodes' checks would convict it. "
                + "Check the processor and the libraries, or serve with --mode Fast.");
    }

    /// <summary>The echelons of a file; none where there is no file.</summary>
    /// <exception cref="JsonException">Not such a file.</exception>
    public static IReadOnlyList<ShippedEchelon> Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<List<ShippedEchelon>>(File.ReadAllText(path), Json)! : [];
}
