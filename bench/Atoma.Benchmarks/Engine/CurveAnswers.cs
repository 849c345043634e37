using System.CommandLine;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// The claimants of <see cref="OperatingCurveBenchmark"/>, in a process of their own because a process has one CPU variant:
/// writes the honest answers and each cheat's into a folder, a file for each kind.
/// </summary>
internal static class CurveAnswers
{
    public const string Name = "curve-answers";
    public const string HonestFile = "honest.bin";
    public const string EchelonFile = "echelon.bin";

    /// <summary>Tokens of a long answer, of a medium one, and of the others.</summary>
    public const int LongTokens = 256;

    public const int MediumTokens = 64;
    public const int ShortTokens = 32;
    public const int ContextTokens = LongTokens + 96;

    private static readonly string[] CheapTypes = ["Q8_0", "Q4_0"];

    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true };
        var variant = new Option<string>("--cpu-variant") { Required = true };
        var defaults = new Option<bool>("--default-flags") { Description = "llama.cpp's own flags instead of invariant mode." };
        var honest = new Option<int>("--honest") { Required = true };
        var cheating = new Option<int>("--cheating") { Required = true };
        var longAnswers = new Option<int>("--long") { Required = true };
        var medium = new Option<int>("--medium") { Required = true };
        var folder = new Option<string>("--out") { Required = true };
        var command = new Command(Name, "Writes answers of one CPU variant for operating-curve.") { model, variant, defaults, honest, cheating, longAnswers, medium, folder };
        command.Hidden = true;
        command.SetAction(async (given, cancellationToken) =>
        {
            var libraries = new LlamaLibraryOptions { CpuVariant = given.GetValue(variant)! };
            var run = new Run(given.GetValue(model)!, libraries, given.GetValue(defaults), given.GetValue(folder)!, cancellationToken);
            await run.WriteAsync(given.GetValue(honest), given.GetValue(cheating), given.GetValue(longAnswers), given.GetValue(medium));
            return 0;
        });
        return command;
    }

    private sealed class Run(string model, LlamaLibraryOptions libraries, bool defaults, string folder, CancellationToken cancellationToken)
    {
        private readonly List<Transcript> _honest = [];
        private Hash32 _digest;

        public async Task WriteAsync(int honest, int cheating, int longAnswers, int mediumAnswers)
        {
            LlamaRuntime.Initialise(libraries, NullLogger.Instance);
            using var variants = new ModelVariants();
            GenerationTask[] tasks;
            int end;
            await using (var engine = await LlamaEngine.LoadAsync(Options(model), NullLogger.Instance, cancellationToken))
            {
                _digest = engine.Model.Digest;
                end = engine.Model.EndOfGeneration[0];
                tasks = [.. Enumerable.Range(0, honest).Select(i => BenchmarkTasks.Task(engine.Tokenizer, i, Tokens(i)))];
                var echelon = new CanonicalWriter();
                engine.Echelon.Write(echelon);
                File.WriteAllBytes(Path.Combine(folder, EchelonFile), echelon.ToArray());
            }

            _honest.AddRange(await GenerateAsync(model, tasks));
            Write("honest", _honest);
            await CheatAsync([.. tasks.Take(cheating / 8)], end, variants);

            // Spread evenly, so that every kind of cheat has its share of each.
            int Tokens(int index) => IsOneOf(index, longAnswers) ? LongTokens : IsOneOf(index, longAnswers + mediumAnswers) ? MediumTokens : ShortTokens;

            bool IsOneOf(int index, int share) => (long)index * share % honest < share;
        }

        private async Task CheatAsync(GenerationTask[] tasks, int end, ModelVariants variants)
        {
            foreach (var type in CheapTypes)
            {
                var served = await ServedAsync($"served-{type}", variants.Make(model, type, libraries, NullLogger.Instance), tasks, t => t);
                using var context = new RawContext(model, new RawOptions(Repack: false), ContextTokens);
                Write($"prefill-attack-{type}", [.. served.Select((s, i) => context.Dress(tasks[i], [.. s.Output], _digest))]);
            }

            await ServedAsync("temperature-0.1-higher", model, tasks, t => t with { Parameters = t.Parameters with { Temperature = t.Parameters.Temperature + 0.1 } });
            await ServedAsync("top-p-0.05-lower", model, tasks, t => t with { Parameters = t.Parameters with { TopP = t.Parameters.TopP - 0.05 } });
            await ServedAsync("prompt-cut", model, tasks, t => t with { Prompt = [.. t.Prompt.SkipLast(3)] });
            Write("false-end", [.. tasks.Select((_, i) => FalseEnd(_honest[i], i, end))]);
        }

        private async Task<Transcript[]> ServedAsync(string name, string served, GenerationTask[] tasks, Func<GenerationTask, GenerationTask> change)
        {
            var answers = await GenerateAsync(served, [.. tasks.Select(change)]);
            Transcript[] claimed = [.. answers.Select((a, i) => new Transcript(_digest, tasks[i].Prompt, tasks[i].Parameters, a.Chunks, a.Finish))];
            Write(name, claimed);
            return claimed;
        }

        /// <summary>Cut to one of the lengths that are looked at, its last token an end that the model did not choose.</summary>
        private static Transcript FalseEnd(Transcript honest, int index, int end)
        {
            int[] lengths = [.. OperatingCurve.Lengths.Where(l => l <= honest.OutputCount)];
            var positions = honest.Positions.Take(lengths[index % lengths.Length] - 1).Append(new PositionEvidence([new EvidenceEntry(end, 0)]));
            return honest with
            {
                Parameters = honest.Parameters with { IgnoreEndOfSequence = false },
                Chunks = [.. positions.Chunk(VerificationLimits.ChunkPositions).Select(c => new TranscriptChunk(c))],
                Finish = FinishReason.EndOfSequence,
            };
        }

        private async Task<Transcript[]> GenerateAsync(string path, GenerationTask[] tasks)
        {
            if (defaults)
            {
                using var context = new RawContext(path, RawOptions.Defaults, ContextTokens);
                // In lockstep a group takes as long as its longest answer.
                var order = Enumerable.Range(0, tasks.Length).OrderBy(i => tasks[i].Parameters.MaxTokens).ToArray();
                var sorted = context.Generate(order.Select(i => tasks[i]), _digest).ToArray();
                Array.Sort(order, sorted);
                return sorted;
            }

            await using var engine = await LlamaEngine.LoadAsync(Options(path), NullLogger.Instance, cancellationToken);
            return await BenchmarkTasks.AnswerAsync(engine, tasks, cancellationToken);
        }

        private EngineOptions Options(string path) => BenchmarkTasks.Options(path, ContextTokens) with { Libraries = libraries };

        private void Write(string name, IReadOnlyCollection<Transcript> answers)
        {
            TranscriptFile.Write(Path.Combine(folder, name + ".bin"), answers);
            Console.Error.WriteLine($"{libraries.CpuVariant}{(defaults ? " (default flags)" : "")}: {answers.Count} answers {name}, {answers.Sum(a => a.OutputCount)} tokens");
        }
    }
}
