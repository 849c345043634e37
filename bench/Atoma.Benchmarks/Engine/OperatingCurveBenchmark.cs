using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// Across echelons: honest and cheating answers of one CPU variant, checked statistically on another. Thresholds are learnt from
/// one half of the honest answers, false alarms counted on the other.
/// </summary>
internal static class OperatingCurveBenchmark
{
    /// <summary>Multiples of the thresholds at which the curve is sampled.</summary>
    private static readonly double[] Scales = [0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10, 20, 50];

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "GGUF file, best in F16; the demo model by default." };
        var claimant = new Option<string>("--claimant") { Description = "CPU variant that answers.", DefaultValueFactory = _ => "skylakex" };
        var checker = new Option<string>("--checker") { Description = "CPU variant that checks, in invariant mode.", DefaultValueFactory = _ => "haswell" };
        var defaults = new Option<bool>("--default-flags") { Description = "The claimant uses llama.cpp's own flags instead of invariant mode." };
        var honest = new Option<int>("--honest") { DefaultValueFactory = _ => 10_000 };
        var cheating = new Option<int>("--cheating") { Description = "Over all eight cheats.", DefaultValueFactory = _ => 10_000 };
        var longAnswers = new Option<int>("--long") { Description = "Of the honest answers, those of 256 tokens; the cheating ones have the same share.", DefaultValueFactory = _ => 2_000 };
        var medium = new Option<int>("--medium") { Description = "Those of 64 tokens; the rest have 32.", DefaultValueFactory = _ => 8_000 };
        var csv = new Option<string?>("--csv") { Description = "Where the curve is written." };
        var publish = new Option<string?>("--publish") { Description = "The program's file of thresholds, to put this pair's into." };
        var date = new Option<string>("--date") { Description = "Provenance of published thresholds.", DefaultValueFactory = _ => "undated" };
        var command = new Command("operating-curve", "False alarms against detections across echelons, by answer length.") { model, claimant, checker, defaults, honest, cheating, longAnswers, medium, csv, publish, date };
        command.SetAction(async (given, cancellationToken) =>
        {
            var path = Path.GetFullPath(given.GetValue(model) ?? ModelFiles.Demo());
            var folder = Directory.CreateTempSubdirectory("atoma-curve-");
            try
            {
                string[] flags = given.GetValue(defaults) ? ["--default-flags"] : [];
                await ChildProcess.RunAsync(
                    [
                        CurveAnswers.Name, "--model", path, "--cpu-variant", given.GetValue(claimant)!, "--out", folder.FullName, "--honest", $"{given.GetValue(honest)}",
                        "--cheating", $"{given.GetValue(cheating)}", "--long", $"{given.GetValue(longAnswers)}", "--medium", $"{given.GetValue(medium)}", .. flags,
                    ], cancellationToken);
                var pair = await ObserveAsync(path, folder.FullName, new LlamaLibraryOptions { CpuVariant = given.GetValue(checker)! }, cancellationToken);
                var report = new Report(pair);
                report.Print();
                if (given.GetValue(csv) is { } csvPath)
                    File.WriteAllText(csvPath, report.Csv());
                if (given.GetValue(publish) is { } published && !given.GetValue(defaults))
                    Publish(published, pair, report.Thresholds, given.GetValue(date)!);
                return report.FalseAlarms.UpperBound <= 1e-3 ? 0 : 1;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    private static async Task<Pair> ObserveAsync(string model, string folder, LlamaLibraryOptions libraries, CancellationToken cancellationToken)
    {
        await using var engine = await LlamaEngine.LoadAsync(
            BenchmarkTasks.Options(model, CurveAnswers.ContextTokens) with { Slots = 1, Libraries = libraries }, NullLogger.Instance, cancellationToken);
        var reader = new CanonicalReader(File.ReadAllBytes(Path.Combine(folder, CurveAnswers.EchelonFile)));
        var claimant = Echelon.Read(ref reader);
        var honest = TranscriptFile.Read(Path.Combine(folder, CurveAnswers.HonestFile));
        var kinds = new SortedDictionary<string, ObservedAnswer[]>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(folder, "*.bin").Where(f => Path.GetFileName(f) != CurveAnswers.EchelonFile))
        {
            var answers = TranscriptFile.Read(file);
            var isHonest = Path.GetFileName(file) == CurveAnswers.HonestFile;
            var observed = new ObservedAnswer?[answers.Length];
            await BenchmarkTasks.EachAsync(answers.Length, async i =>
            {
                var from = isHonest ? -1 : answers[i].FirstDifference(honest[i]);
                // The same bytes as the honest answer: no fraud.
                if (from is not { } fraud)
                    return;
                var seen = await engine.ObserveAsync(new GenerationTask(Hash32.Zero, answers[i].Prompt, answers[i].Parameters), answers[i], cancellationToken);
                observed[i] = new ObservedAnswer([.. seen.Positions], fraud, seen.Fault is not null);
            }, cancellationToken);
            kinds.Add(Path.GetFileNameWithoutExtension(file), [.. observed.OfType<ObservedAnswer>()]);
            Console.Error.WriteLine($"{libraries.CpuVariant}: checked {answers.Length} {Path.GetFileNameWithoutExtension(file)}");
        }

        return new Pair(engine.Model, claimant, engine.Echelon, kinds);
    }

    private static void Publish(string path, Pair pair, IEnumerable<StatisticalThreshold> thresholds, string date)
    {
        var all = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsArray() : [];
        var (claimant, checker) = (pair.Claimant.Id().ToString(), pair.Checker.Id().ToString());
        foreach (var old in all.Where(p => p!["claimant"]!.GetValue<string>() == claimant && p["checker"]!.GetValue<string>() == checker).ToArray())
            all.Remove(old);
        all.Add((JsonNode)new JsonObject
        {
            ["claimant"] = claimant,
            ["checker"] = checker,
            ["provenance"] = $"{pair.Model.Id} {pair.Model.Quantisation}, {pair.Claimant.DeviceClass} checked by {pair.Checker.DeviceClass}, {pair.Checker.NumericFlags}: "
                + $"{pair.Honest.Length} honest answers, benchmark operating-curve, {date}",
            ["thresholds"] = JsonSerializer.SerializeToNode(thresholds, Readable),
        });
        File.WriteAllText(path, all.ToJsonString(Readable) + "\n");
    }

    /// <summary>Everything observed of one pair of echelons.</summary>
    private sealed record Pair(ModelManifest Model, Echelon Claimant, Echelon Checker, IReadOnlyDictionary<string, ObservedAnswer[]> Kinds)
    {
        public ObservedAnswer[] Honest => Kinds["honest"];
    }

    private sealed class Report
    {
        private readonly Pair _pair;
        private readonly ObservedAnswer[] _held;

        public Report(Pair pair)
        {
            _pair = pair;
            Thresholds = OperatingCurve.Learn([.. pair.Honest.Where((_, i) => !IsHeldOut(i))]);
            _held = [.. pair.Honest.Where((_, i) => IsHeldOut(i))];
        }

        public StatisticalThreshold[] Thresholds { get; }

        /// <summary>By lot, since tasks come in patterns.</summary>
        private static bool IsHeldOut(int index) => (Prf.Philox(7, (uint)index, 0) & 1) == 1;

        /// <summary>On the answers that the thresholds were not learnt from, each judged once, at its full length.</summary>
        public (int Of, int Found, double UpperBound) FalseAlarms
        {
            get
            {
                var found = _held.Count(a => Thresholds.Last(t => t.Positions <= a.Positions.Length).Excess(a.ScoreAt(a.Positions.Length)) > 1);
                return (_held.Length, found, OperatingCurve.UpperBound(found, _held.Length));
            }
        }

        public void Print()
        {
            Console.WriteLine($"{_pair.Model.Id} {_pair.Model.Quantisation}: {_pair.Claimant.DeviceClass} checked by {_pair.Checker.DeviceClass}");
            Console.WriteLine($"  {"",-26} {string.Join("  ", OperatingCurve.Lengths.Select(l => $"{l + " tokens",16}"))}");
            Row("threshold mean margin", t => $"{t.MeanMargin:F5}");
            Row("threshold mean distance", t => $"{t.MeanDistance:F5}");
            Row("threshold largest margin", t => $"{t.LargestMargin:F5}");
            Row("false alarms (held out)", t => Of(OperatingCurve.Count(_held, t)));
            foreach (var (kind, answers) in _pair.Kinds.Where(k => k.Key != "honest"))
                Row(kind, t => Of(OperatingCurve.Count(answers, t)));
            var cheating = _pair.Kinds.Where(k => k.Key != "honest").SelectMany(k => k.Value).ToArray();
            Row("all cheats", t => Of(OperatingCurve.Count(cheating, t)));
            var (of, found, bound) = FalseAlarms;
            var (all, caught) = OperatingCurve.Count(cheating, Thresholds.Single(t => t.Positions == CurveAnswers.MediumTokens));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"operating-curve honest={_pair.Honest.Length} cheating={cheating.Length} false_alarms={found}/{of} false_alarm_rate_below={bound:E1} detected_at_{CurveAnswers.MediumTokens}={caught}/{all}"));

            void Row(string name, Func<StatisticalThreshold, string> cell) =>
                Console.WriteLine($"  {name,-26} {string.Join("  ", Thresholds.Select(t => $"{cell(t),16}"))}");

            static string Of((int Of, int Found) count) => $"{count.Found} / {count.Of}";
        }

        /// <summary>A line for each kind, length and multiple of the thresholds.</summary>
        public string Csv()
        {
            var csv = new StringBuilder("kind,tokens,threshold_multiple,answers,called_mismatch\n");
            foreach (var (kind, answers) in _pair.Kinds)
            {
                foreach (var threshold in Thresholds)
                {
                    foreach (var scale in Scales)
                    {
                        var (of, found) = OperatingCurve.Count(kind == "honest" ? _held : answers, threshold, scale);
                        csv.Append(CultureInfo.InvariantCulture, $"{(kind == "honest" ? "honest (held out)" : kind)},{threshold.Positions},{scale},{of},{found}\n");
                    }
                }
            }

            return csv.ToString();
        }
    }
}
