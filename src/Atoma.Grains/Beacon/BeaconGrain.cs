using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Sampling;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Beacon;

[GenerateSerializer, Alias("atoma.BeaconRecord")]
internal sealed class BeaconRecord
{
    /// <summary>Number of the chain in use; −1 before the first.</summary>
    [Id(0)] public int Chain { get; set; } = -1;

    /// <summary>The secret end of the chain.</summary>
    [Id(1)] public byte[] Seed { get; set; } = [];

    /// <summary>Last step revealed; 0 for none.</summary>
    [Id(2)] public int Step { get; set; }
}

/// <summary>Owns the beacon: no step is revealed twice, whatever stops in between (P3.2).</summary>
internal sealed class BeaconGrain([PersistentState("beacon")] IPersistentState<BeaconRecord> record, ILogger<BeaconGrain> log) : Grain, IBeaconGrain
{
    private Hash32[] _values = [];

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (record.State.Chain < 0)
            await NewChain();
        _values = BeaconChain.Expand(new Hash32(record.State.Seed));
    }

    public async Task<IReadOnlyList<BeaconStep>> Next(int count)
    {
        Invariant.Assert(count is > 0 and <= BeaconChain.Length);
        if (record.State.Step + count > BeaconChain.Length)
            await NewChain();
        var first = record.State.Step + 1;
        record.State.Step += count;
        // Used before it is shown: after a crash here the steps are skipped, never repeated.
        await record.WriteStateAsync();
        return [.. Enumerable.Range(first, count).Select(At)];
    }

    public Task<BeaconStep> Current() => Task.FromResult(At(record.State.Step));

    private async Task NewChain()
    {
        var seed = RandomNumberGenerator.GetBytes(Hash32.Size);
        record.State.Chain++;
        record.State.Seed = seed;
        record.State.Step = 0;
        _values = BeaconChain.Expand(new Hash32(seed));
        await record.WriteStateAsync();
        log.BeaconCommitted(record.State.Chain, _values[0].ToString());
    }

    private BeaconStep At(int step) => new(record.State.Chain, _values[0].ToString(), step, _values[step].ToString());
}
