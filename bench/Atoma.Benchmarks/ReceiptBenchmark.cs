using System.CommandLine;
using System.Diagnostics;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Tests.Receipts.Mutations;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Benchmarks;

/// <summary>Mutates receipts of every level, and measures how large a receipt is and how long its verification takes (P9).</summary>
internal static class ReceiptBenchmark
{
    private const int Answer = 512;
    /// <summary>Until the runtime has compiled the hot methods for good.</summary>
    private const int Warmups = 400;
    private const int Runs = 101;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Mutations.", DefaultValueFactory = _ => 100_000 };
        var seed = new Option<int>("--seed") { Description = "Of the mutations.", DefaultValueFactory = _ => 1 };
        var command = new Command("receipts", "Mutated receipts: none may verify, none may crash the verifier. Time and size of a 512-token receipt.") { count, seed };
        command.SetAction(result => Run(result.GetValue(count), result.GetValue(seed)));
        return command;
    }

    private static int Run(int count, int seed)
    {
        var (verifyMs, fileMs, bytes, promptBytes) = Measure();
        var clock = Stopwatch.StartNew();
        var mutator = new ReceiptMutator(ReceiptSamples.All(), seed);
        var fates = new int[Enum.GetValues<Fate>().Length];
        var made = 0;
        while (made - fates[(int)Fate.Unchanged] < count)
        {
            var mutant = mutator.Next();
            var fate = mutant.Judge(out var why);
            fates[(int)fate]++;
            if (fate is Fate.Verified or Fate.Crashed)
                Console.WriteLine($"mutation {made} of seed {seed}, {mutant.Kind}: {fate} {why}");
            if (++made % 10_000 == 0)
                Console.WriteLine($"{made,8} made, {clock.Elapsed.TotalSeconds:F0} s");
        }

        Console.WriteLine($"{fates[(int)Fate.Unchanged]} changed nothing and are not counted; {fates[(int)Fate.AnotherCoordinators]} were signed anew by an impostor and verify under its own address alone.");
        var (verified, crashed) = (fates[(int)Fate.Verified], fates[(int)Fate.Crashed]);
        Console.WriteLine($"receipts mutations={made - fates[(int)Fate.Unchanged]} verified={verified} crashed={crashed} verify_ms={verifyMs:F2} file_ms={fileMs:F2} bytes={bytes} prompt_token_bytes={promptBytes:F2}");
        return verified + crashed == 0 ? 0 : 1;
    }

    /// <summary>Of a 512-token answer with three checkers: the binary form, and receipt.json.</summary>
    private static (double VerifyMs, double FileMs, int Bytes, double PromptTokenBytes) Measure()
    {
        var signed = ReceiptSamples.Of("checked:3", maxTokens: Answer);
        var binary = signed.ToBytes();
        var text = ReceiptFile.Write(signed);
        var signatures = new EthereumSignatures();
        var verifier = new ReceiptVerifier(signatures);
        var verifyMs = MedianMs(() => verifier.Verify(SignedReceipt.FromBytes(binary)).Count == 0);
        var fileMs = MedianMs(() => ReceiptFile.Verify(text, signatures, out _).Count == 0);
        Console.WriteLine($"512 tokens, checked:3, {(EthereumSignatures.IsNative ? "libsecp256k1" : "BouncyCastle")}: binary {binary.Length} bytes verified in {verifyMs:F2} ms; receipt.json {text.Length} bytes in {fileMs:F2} ms (medians of {Runs})");
        var longer = new RequestHarness("checked:3", nodes: 16, maxTokens: 12, promptTokens: 1006);
        longer.Run();
        var perToken = (longer.Receipt().ToBytes().Length - ReceiptSamples.Of("checked:3").ToBytes().Length) / 1000.0;
        return (verifyMs, fileMs, binary.Length, perToken);
    }

    private static double MedianMs(Func<bool> holds)
    {
        var times = new double[Runs];
        for (var i = -Warmups; i < Runs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            if (!holds())
                throw new InvalidOperationException("The receipt does not verify.");
            if (i >= 0)
                times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Runs / 2];
    }
}
