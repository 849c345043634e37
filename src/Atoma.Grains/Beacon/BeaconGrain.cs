using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Sampling;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Beacon;

[GenerateSerializer, Alias("atoma.BeaconRecord")]
internal sealed class BeaconRecord
{
    /// <summary>
    /// Number of the chain in use. Its initial value must be 0: grain storage leaves defaults out of its JSON, so what is not
    /// there is read as the initial value.
    /// </summary>
    [Id(0)] public int Chain { get; set; }

    /// <summary>The secret end of the chain; empty before the first.</summary>
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
        if (record.State.Seed.Length == 0)
            await NewChain(number: 0);
        _values = BeaconChain.Expand(new Hash32(record.State.Seed));
    }

    public async Task<IReadOnlyList<BeaconStep>> Next(int count)
    {
        Invariant.Assert(count is > 0 and <= BeaconChain.Length);
        if (record.State.Step + count > BeaconChain.Length)
            await NewChain(record.State.Chain + 1);
        var first = record.State.Step + 1;
        record.State.Step += count;
        // Used before it is shown: after a crash here the steps are skipped, never repeated.
        await record.WriteStateAsync();
        return [.. Enumerable.Range(first, count).Select(At)];
    }

    public Task<BeaconStep> Current() => Task.FromResult(At(record.State.Step));

    private async Task NewChain(int number)
    {
        var seed = RandomNumberGenerator.GetBytes(Hash32.Size);
        record.State.Chain = number;
        record.State.Seed = seed;
        record.State.Step = 0;
        _values = BeaconChain.Expand(new Hash32(seed));
        await record.WriteStateAsync();
        log.BeaconCommitted(record.State.Chain, _values[0].ToString());
    }

    private BeaconStep At(int step) => new(record.State.Chain, _values[0].ToString(), step, _values[step].ToString());
}
