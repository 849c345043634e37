using System.CommandLine;
using System.Diagnostics;
using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tokens;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// That a row's logits depend on its own sequence alone: every shape an engine may compute it in, compared as bits with the
/// same answer computed alone, and the whole in a second process. Exit code 1 when a bit differs.
/// </summary>
internal static class InvarianceBenchmark
{
    private const string DigestOnly = "--digest-only";

    public static Command Create()
    {
        var models = new Option<string[]>("--model") { Description = "GGUF files; the demo model by default.", AllowMultipleArgumentsPerToken = true };
        var types = new Option<string[]>("--types") { Description = "File types that each model is quantised to first, e.g. Q8_0 Q4_K_M; 'as-is' for the file itself.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["as-is"] };
        var answers = new Option<int>("--answers") { Description = "Answers per model.", DefaultValueFactory = _ => 8 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens per answer.", DefaultValueFactory = _ => 256 };
        var variant = new Option<string>("--cpu-variant") { DefaultValueFactory = _ => new LlamaLibraryOptions().CpuVariant };
        var digest = new Option<bool>(DigestOnly) { Description = "Only the digest of all logits computed alone: what a second process is asked for.", Hidden = true };
        var command = new Command("invariance", "Bits that differ over batch sizes, chunking, prefill, reuse, cancels, threads and processes.") { models, types, answers, tokens, variant, digest };
        command.SetAction(async (given, cancellationToken) =>
        {
            var libraries = new LlamaLibraryOptions { CpuVariant = given.GetValue(variant)! };
            LlamaRuntime.Initialise(libraries, NullLogger.Instance);
            using var variants = new ModelVariants();
            var paths = given.GetValue(models) is { Length: > 0 } some ? some : [ModelFiles.Demo()];
            var total = new BitDifferences();
            var (count, otherProcesses) = (0, 0);
            foreach (var path in paths.SelectMany(p => given.GetValue(types)!.Select(t => t == "as-is" ? p : variants.Make(p, t, libraries, NullLogger.Instance))))
            {
                var run = new Run(path, given.GetValue(answers), given.GetValue(tokens), cancellationToken);
                if (given.GetValue(digest))
                {
                    Console.WriteLine(run.Digest());
                    continue;
                }

                total.Add(run.Matrix());
                string[] again = ["invariance", "--model", path, "--answers", $"{run.Answers}", "--tokens", $"{run.Tokens}", "--cpu-variant", libraries.CpuVariant, DigestOnly];
                var other = (await ChildProcess.RunAsync(again, cancellationToken)).Trim();
                Console.WriteLine($"  {"second process",-42} {(other == run.Digest() ? "the same digest" : "ANOTHER DIGEST")} {other[..16]}…");
                otherProcesses += other == run.Digest() ? 0 : 1;
                count++;
            }

            if (given.GetValue(digest))
                return 0;
            Console.WriteLine($"invariance differing_bits={total.DifferingBits} differing_rows={total.DifferingRows} rows={total.Rows} models={count} differing_processes={otherProcesses}");
            return total.DifferingBits == 0 && otherProcesses == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>One model: its reference answers, and the matrix against them.</summary>
    private sealed class Run(string path, int answers, int tokens, CancellationToken cancellationToken)
    {
        /// <summary>Tokens of one sequence; prompts are cut to what the answer leaves.</summary>
        private const int ContextTokens = 512;

        private readonly GgufModel _file = GgufModel.Open(path);
        private IReadOnlyList<ReferenceAnswer>? _reference;

        private ContextRecipe Recipe => ContextRecipe.For(_file, EngineMode.Invariant);

        public int Answers => answers;

        public int Tokens => tokens;

        public string Digest()
        {
            using var model = ModelLoader.LoadWeights(_file, Recipe);
            return ReferenceAnswers.Digest(Reference(model));
        }

        public BitDifferences Matrix()
        {
            using var model = ModelLoader.LoadWeights(_file, Recipe);
            var reference = Reference(model);
            var vocabulary = reference[0].VocabularySize;
            Console.WriteLine($"{Path.GetFileName(path)}: {reference.Count} answers of {tokens} tokens, {vocabulary} logits a row, {Recipe.NumericFlags}");
            Console.WriteLine($"  {"mode",-42} {"rows",8} {"differing",10} {"bits",12} {"largest",10} {"s",6}");
            var modes = new InvarianceModes(reference);
            var total = new BitDifferences();
            foreach (var (threads, group) in new[] { (1, modes.OneThread()), (2, modes.TwoThreads()) })
            {
                using var context = new DecodeContext(
                    model, Recipe, new ContextShape(InvarianceModes.Sequences, ContextTokens, ReferenceAnswers.ChunkTokens, ReferenceAnswers.ChunkTokens, threads), vocabulary);
                foreach (var (name, mode) in group)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var differences = new BitDifferences();
                    var watch = Stopwatch.StartNew();
                    mode(context, differences);
                    Console.WriteLine($"  {name,-42} {differences.Rows,8} {differences.DifferingRows,10} {differences.DifferingBits,12} {differences.Largest,10:G3} {watch.Elapsed.TotalSeconds,6:F1}");
                    total.Add(differences);
                }
            }

            return total;
        }

        private IReadOnlyList<ReferenceAnswer> Reference(SafeModelHandle model)
        {
            if (_reference is not null)
                return _reference;
            using var tokenizer = new LlamaTokenizer(model);
            return _reference = ReferenceAnswers.Generate(model, Recipe, tokenizer, ContextTokens, answers, tokens);
        }
    }
}
