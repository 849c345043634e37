using System.CommandLine;
using Atoma.Benchmarks;
using Atoma.Benchmarks.Engine;
using Atoma.Benchmarks.Ledger;
using Atoma.Benchmarks.Settlement;

var root = new RootCommand("Measures what docs/benchmarks.md reports. The last line of each is 'NAME key=value …'.")
{
    MisbehaviourBenchmark.Create(),
    LevelsBenchmark.Create(),
    HonestBenchmark.Create(),
    GatewayBenchmark.Create(),
    StartBenchmark.Create(),
    CheckCostBenchmark.Create(),
    ThroughputBenchmark.Create(),
    SamplerBenchmark.Create(),
    InvarianceBenchmark.Create(),
    DetectionBenchmark.Create(),
    OperatingCurveBenchmark.Create(),
    SoakBenchmark.Create(),
    ReceiptBenchmark.Create(),
    FuzzBenchmark.Create(),
    CurveAnswers.Create(),
    LedgerBenchmark.Create(),
    LedgerSoak.Create(),
    SoakWriter.Create(),
    ChaosBenchmark.Create(),
};
return await root.Parse(args).InvokeAsync();
